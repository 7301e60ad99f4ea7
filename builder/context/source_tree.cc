#include "builder/context/source_tree.h"

#include "builder/context/parents.h"
#include "builder/context/rooted_path.h"
#include "builder/context/selection.h"
#include "builder/context/source_lookup.h"
#include "builder/context/tree_walker.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <fcntl.h>
#include <map>

namespace strata::builder {

using layerfs::EntryKind;

namespace {
constexpr int64_t kYoung = 2'000'000'000;  // nanoseconds
constexpr size_t kFewYoung = 16;
}  // namespace

struct SourceTree::Impl {
  explicit Impl(Options given) : options(std::move(given)) {
    if (!options.statIndexPath.empty()) index = StatIndex::load(options.statIndexPath);
    layers = index.layers();
    settings = {options.rootFd, options.shownRoot, options.squashOwner, options.owners, &options.ignore, &index};
  }

  llvm::Expected<const SourceNode*> nodeAt(const FoundSource& found, TreeWalker& walker);
  const SourceNode* walkedNode(llvm::StringRef path) const;
  llvm::Expected<ArgumentMatches> matchesOf(size_t argument, llvm::StringRef source, TreeWalker& walker);
  llvm::Expected<std::vector<FoundSource>> basesOf(llvm::StringRef base, llvm::StringRef pattern);
  llvm::Expected<ArgumentMatches> parentsMatchesOf(size_t argument, llvm::StringRef source, TreeWalker& walker);
  void takeParents(ArgumentMatches& match);
  const SourceTree* owner = nullptr;
  llvm::Error readUnread(const CancelToken& cancel);
  /// What was written a moment ago may still be written to, as a log of this very build is: few such files are read at
  /// once, which lets them grow (since_walk.h).
  llvm::Error readYoung(const CancelToken& cancel);
  llvm::Error applyExcludes(std::vector<ArgumentMatches>& matches, const SelectOptions& select);
  llvm::Error complete(llvm::ArrayRef<ArgumentMatches> matches, Selection& selection, TreeStore& trees);
  void takeNewPlaces();
  llvm::Error writeIndex() const;

  Options options;
  StatIndex index;
  WalkSettings settings;
  NodesByPath nodes;  ///< what was selected, by path; none lies below another that is a directory
  std::vector<std::unique_ptr<SourceNode>> filteredNodes;
  std::vector<TreeWalker::Unread> unread;
  std::vector<ArgumentMatches> deferred;  ///< of the selection that is not finished
  std::atomic<uint64_t> filesLearned{0}, bytesLearned{0};
  std::vector<Digest> layers;  ///< diffIDs, as places number them
  struct NewPlaces {
    Digest diffId;
    std::vector<std::pair<const SourceNode*, uint64_t>> offsets;
  };
  std::vector<NewPlaces> newPlaces;  ///< taken once nobody reads the nodes any more
  Statistics statistics;
  bool indexOutdated = false;
  mutable std::mutex mutex;
};

SourceTree::SourceTree(Options options) : impl_(std::make_unique<Impl>(std::move(options))) { impl_->owner = this; }
SourceTree::~SourceTree() = default;
int SourceTree::rootFd() const { return impl_->options.rootFd; }
const IgnoreMatcher& SourceTree::ignore() const { return impl_->options.ignore; }
bool SourceTree::squashesOwner() const { return impl_->options.squashOwner; }
SourceTree::Statistics SourceTree::statistics() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->statistics;
}

namespace {
/// The node at a path relative to this one; null if there is none.
const SourceNode* descend(const SourceNode* node, llvm::StringRef path) {
  for (llvm::StringRef name : pathComponents(path)) {
    const auto& children = node->children;
    auto place = llvm::lower_bound(
        children, name, [](const auto& child, llvm::StringRef wanted) { return child->entry.name < wanted; });
    if (place == children.end() || (*place)->entry.name != name) return nullptr;
    node = place->get();
  }
  return node;
}
}  // namespace

/// What an earlier select() walked, if it walked there.
const SourceNode* SourceTree::Impl::walkedNode(llvm::StringRef path) const {
  for (llvm::StringRef above = path;; above = parentOf(above)) {
    if (auto found = nodes.find(above); found != nodes.end()) {
      const SourceNode* node = descend(found->second.get(), path.drop_front(above.size()));
      if (node) return node;
    }
    if (above.empty()) return nullptr;
  }
}

/// Null: everything there is ignored.
llvm::Expected<const SourceNode*> SourceTree::Impl::nodeAt(const FoundSource& found, TreeWalker& walker) {
  if (const SourceNode* walked = walkedNode(found.path)) return walked;
  auto node = walker.walk(found.path, found.status, nodes);
  if (!node) return node.takeError();
  std::vector<std::string> adopted;
  for (auto& known : nodes)
    if (!known.second) adopted.push_back(known.first().str());
  for (const std::string& path : adopted) nodes.erase(path);
  const SourceNode* result = node->get();
  if (result) nodes[found.path] = std::move(*node);
  return result;
}

llvm::Expected<ArgumentMatches> SourceTree::Impl::matchesOf(size_t argument, llvm::StringRef source,
                                                            TreeWalker& walker) {
  SourceLookup lookup(settings);
  auto found = lookup.find(source);
  if (!found) return found.takeError();
  bool isPattern = llvm::any_of(pathComponents(source), [](llvm::StringRef part) { return hasWildcard(part); });
  ArgumentMatches matches{argument, {}};
  for (FoundSource& each : *found) {
    auto node = nodeAt(each, walker);
    if (!node) return node.takeError();
    if (*node)
      matches.sources.push_back({each.path, each.baseName, *node, owner});
    else if (!isPattern)
      return lookup.notFound(source);
  }
  return matches;
}

/// Base directories of a --parents source; none is no fault if the source has a wildcard anywhere (COPY-48).
llvm::Expected<std::vector<FoundSource>> SourceTree::Impl::basesOf(llvm::StringRef base, llvm::StringRef pattern) {
  SourceLookup lookup(settings);
  auto found = lookup.find(base);
  if (found) {
    llvm::erase_if(*found, [](const FoundSource& each) { return !S_ISDIR(each.status.st_mode); });
    return found;
  }
  auto error = found.takeError();
  if (kindOf(error) != FaultKind::NotFound) return error;
  llvm::consumeError(std::move(error));
  if (!hasWildcard(base) && !hasWildcard(pattern)) return lookup.notFound(below(base, pattern));
  return std::vector<FoundSource>();
}

llvm::Expected<ArgumentMatches> SourceTree::Impl::parentsMatchesOf(size_t argument, llvm::StringRef source,
                                                                   TreeWalker& walker) {
  auto [base, pattern] = splitAtPivot(source);
  bool basePattern = hasWildcard(base), anyPattern = basePattern || hasWildcard(pattern);
  auto bases = basesOf(base, pattern);
  if (!bases) return bases.takeError();
  ArgumentMatches matches{argument, {}};
  auto nodeHere = [&](const FoundSource& found) { return nodeAt(found, walker); };
  for (const FoundSource& each : *bases) {
    auto tree = ParentsTree::find(settings, each, pattern, nodeHere);
    if (!tree) return tree.takeError();
    if (tree->empty() && basePattern) continue;
    if (tree->empty() && !anyPattern) return SourceLookup(settings).notFound(below(base, pattern));
    matches.sources.push_back({each.path, each.baseName, nullptr, owner});
    matches.parents.push_back(std::move(*tree));
  }
  if (!bases->empty() || basePattern) return matches;
  filteredNodes.push_back(std::make_unique<SourceNode>());  // there is no base: its destination is made all the same
  filteredNodes.back()->entry.kind = EntryKind::Directory;
  seal(*filteredNodes.back());
  matches.sources.push_back({base, "", filteredNodes.back().get(), owner});
  return matches;
}

/// Once everything is read, what was matched goes into its tree.
void SourceTree::Impl::takeParents(ArgumentMatches& match) {
  for (size_t i = 0; i < match.parents.size(); ++i) {
    filteredNodes.push_back(match.parents[i].take());
    match.sources[i].node = filteredNodes.back().get();
  }
}

llvm::Error SourceTree::Impl::readUnread(const CancelToken& cancel) {
  if (unread.empty()) return llvm::Error::success();
  auto count = readContents(settings, unread, cancel);
  if (!count) return count.takeError();
  statistics.filesRead += count->files;
  statistics.bytesRead += count->bytes;
  indexOutdated = true;
  return llvm::Error::success();
}

llvm::Error SourceTree::Impl::readYoung(const CancelToken& cancel) {
  int64_t since = fileClockNow() - kYoung;
  std::vector<TreeWalker::Unread> young;
  for (const TreeWalker::Unread& file : unread)
    if (file.node->mtime > since) young.push_back(file);
  if (young.empty() || young.size() > kFewYoung) return llvm::Error::success();
  auto count = readContents(settings, young, cancel);
  if (!count) return count.takeError();
  statistics.filesRead += count->files;
  statistics.bytesRead += count->bytes;
  llvm::erase_if(unread, [](const TreeWalker::Unread& file) { return bool(file.node->entry.content); });
  return llvm::Error::success();
}

llvm::Error SourceTree::Impl::applyExcludes(std::vector<ArgumentMatches>& matches, const SelectOptions& select) {
  if (select.excludes.empty()) return llvm::Error::success();
  auto excludes = IgnoreMatcher::fromPatterns(select.excludes);
  if (!excludes) return excludes.takeError();
  for (ArgumentMatches& match : matches)
    for (SelectedSource& source : match.sources) {
      if (source.node->entry.kind != EntryKind::Directory) continue;  // COPY-52
      filteredNodes.push_back(filtered(*source.node, *excludes));
      source.node = filteredNodes.back().get();
    }
  return llvm::Error::success();
}

namespace {
/// What a selection says that needs no file to be read.
void fill(Selection& selection, llvm::ArrayRef<ArgumentMatches> matches) {
  for (const ArgumentMatches& match : matches) llvm::append_range(selection.sources, match.sources);
  for (const SelectedSource& source : selection.sources) {
    NodeCount count = countOf(*source.node);
    selection.files += count.files;
    selection.bytes += count.bytes;
  }
}
}  // namespace

llvm::Expected<Selection> SourceTree::select(llvm::ArrayRef<std::string> sources, const SelectOptions& options,
                                             TreeStore& trees, const CancelToken& cancel) {
  std::lock_guard lock(impl_->mutex);
  TreeWalker walker(impl_->settings, cancel);
  std::vector<ArgumentMatches> matches;
  llvm::Error failure = llvm::Error::success();
  for (size_t i = 0; i < sources.size() && !failure; ++i) {
    auto found =
        options.parents ? impl_->parentsMatchesOf(i, sources[i], walker) : impl_->matchesOf(i, sources[i], walker);
    if (found)
      matches.push_back(std::move(*found));
    else
      failure = found.takeError();
  }
  llvm::append_range(impl_->unread, walker.takeUnread());
  impl_->statistics.files += walker.filesSeen();
  if (failure) return failure;
  Selection selection;
  if (options.mayDefer && options.excludes.empty() && !options.parents && !impl_->unread.empty()) {
    if (auto error = impl_->readYoung(cancel)) return error;
    selection.deferred = true;
    fill(selection, matches);
    impl_->deferred = std::move(matches);
    return selection;
  }
  if (auto error = impl_->readUnread(cancel)) return error;
  for (auto& node : impl_->nodes) seal(*node.second);
  for (ArgumentMatches& match : matches) impl_->takeParents(match);
  if (auto error = impl_->applyExcludes(matches, options)) return error;
  fill(selection, matches);
  if (auto error = impl_->complete(matches, selection, trees)) return error;
  return selection;
}

/// The digests, once every file has one.
llvm::Error SourceTree::Impl::complete(llvm::ArrayRef<ArgumentMatches> matches, Selection& selection,
                                       TreeStore& trees) {
  TreeObject root = rootOf(matches);
  selection.tree = digestOf(root.encode());
  return keepTrees(root, selection.tree, selection.sources, trees);
}

void SourceTree::learn(const SourceNode& node, const struct stat& status, const Digest& content, const Digest& xattrs,
                       int64_t began) const {
  auto& ours = const_cast<SourceNode&>(node);  // the tree's own
  ours.indexable = std::max(nanosecondsOf(status.st_mtim), nanosecondsOf(status.st_ctim)) < began;
  ours.entry.xattrs = xattrs;
  ours.entry.content = content;
  ++impl_->filesLearned;
  impl_->bytesLearned += node.entry.size;
}

llvm::Error SourceTree::finish(Selection& selection, TreeStore& trees, const CancelToken& cancel) {
  std::lock_guard lock(impl_->mutex);
  impl_->statistics.filesRead += impl_->filesLearned.exchange(0);
  impl_->statistics.bytesRead += impl_->bytesLearned.exchange(0);
  impl_->indexOutdated = true;
  llvm::erase_if(impl_->unread, [](const auto& file) { return bool(file.node->entry.content); });
  if (auto error = impl_->readUnread(cancel)) return error;
  for (auto& node : impl_->nodes) seal(*node.second);
  selection.deferred = false;
  return impl_->complete(std::exchange(impl_->deferred, {}), selection, trees);
}

bool SourceTree::isNew() const { return !impl_->options.statIndexPath.empty() && impl_->index.files() == 0; }

Digest SourceTree::storedIn(const SourceNode& node) const { return impl_->layers[node.place.layer]; }

bool SourceTree::keepsPlaces() const { return !impl_->options.statIndexPath.empty(); }

void SourceTree::keepPlaces(const Digest& diffId, std::vector<std::pair<const SourceNode*, uint64_t>> offsets) const {
  std::lock_guard lock(impl_->mutex);
  impl_->newPlaces.push_back({diffId, std::move(offsets)});
}

llvm::Expected<UniqueFd> SourceTree::openNode(const SelectedSource& source, llvm::StringRef path) const {
  std::string whole = below(source.path, path);
  std::string shown = printable(joinPath(impl_->options.shownRoot, whole));
  const SourceNode* node = descend(source.node, path);
  if (!node || node->entry.kind != EntryKind::File) return fault(FaultKind::NotFound, shown + " was not selected");
  UniqueFd fd = openBeneath(impl_->options.rootFd, whole, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return errnoFault("read " + shown);
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return errnoFault("stat " + shown);
  bool same = S_ISREG(status.st_mode) && status.st_ino == node->inode && uint64_t(status.st_size) == node->entry.size &&
              nanosecondsOf(status.st_mtim) == node->mtime;
  if (!same) return fault(FaultKind::Invalid, shown + " changed while the build was running; build again");
  return fd;
}

namespace {
/// Where a directory's files are known from: this time's walk, or the index with some that were selected alone.
struct KnownDirectory {
  const SourceNode* walked = nullptr;
  std::map<llvm::StringRef, const SourceNode*> alone;  ///< by name
};
using KnownDirectories = std::map<std::string, KnownDirectory>;

/// A directory that was walked whole, level by level. How many files there are in it.
size_t collect(const SourceNode& directory, const std::string& path, KnownDirectories& known) {
  known[path] = {.walked = &directory, .alone = {}};
  size_t files = directory.children.size();
  for (const auto& child : directory.children)
    if (child->isDirectory()) files += collect(*child, below(path, child->entry.name), known);
  return files;
}

IndexedFile indexed(const SourceNode& node) {
  return {node.entry.name, stampOf(node), node.entry.content, node.entry.xattrs, node.place};
}

/// Those that can be recognised later.
void filesOf(const KnownDirectory& known, const StatIndex::Directory& before, std::vector<IndexedFile>& files) {
  files.clear();
  if (known.walked) {
    for (const auto& child : known.walked->children)
      if (child->indexable) files.push_back(indexed(*child));
    return;
  }
  for (size_t i = 0; i < before.size(); ++i)
    if (!known.alone.contains(before.name(i))) files.push_back(before.file(i));
  for (const auto& [name, node] : known.alone)
    if (node->indexable) files.push_back(indexed(*node));
  llvm::sort(files, [](const IndexedFile& a, const IndexedFile& b) { return a.name < b.name; });
}
}  // namespace

void SourceTree::Impl::takeNewPlaces() {
  for (NewPlaces& layer : newPlaces) {
    for (const auto& [node, offset] : layer.offsets)
      const_cast<SourceNode*>(node)->place = {uint32_t(layers.size()), offset};  // the tree's own
    layers.push_back(layer.diffId);
    indexOutdated = true;
  }
  newPlaces.clear();
}

/// What was walked replaces what the index had there; the rest stays for the COPYs that were not reached this time.
llvm::Error SourceTree::Impl::writeIndex() const {
  KnownDirectories known;
  for (llvm::StringRef path : index.directories()) known[path.str()];
  size_t most = index.files();
  for (const auto& selected : nodes) {
    std::string path = selected.first().str();
    const SourceNode& node = *selected.second;
    if (node.entry.kind == EntryKind::File) {
      known[parentOf(path).str()].alone.emplace(node.entry.name, &node);
      ++most;
    }
    if (!node.isDirectory()) continue;
    std::string inside = path.empty() ? "" : path + "/";
    for (auto old = known.lower_bound(inside); old != known.end() && llvm::StringRef(old->first).starts_with(inside);)
      old = known.erase(old);
    most += collect(node, path, known);
  }
  StatIndexWriter writer(layers, most);
  std::vector<IndexedFile> files;
  for (const auto& [path, directory] : known) {
    filesOf(directory, index.directory(path), files);
    writer.add(path, files);
  }
  return writer.write(options.statIndexPath);
}

llvm::Error SourceTree::saveIndex() {
  std::lock_guard lock(impl_->mutex);
  impl_->takeNewPlaces();
  if (impl_->options.statIndexPath.empty() || !impl_->indexOutdated) return llvm::Error::success();
  if (auto error = impl_->writeIndex()) return error;
  impl_->indexOutdated = false;
  return llvm::Error::success();
}

}  // namespace strata::builder
