#include "builder/context/rooted_path.h"
#include "builder/context/tree_walker.h"
#include "builder/context/xattrs.h"
#include "builder/copy/copy.h"
#include "builder/copy/unpack_add.h"
#include "support/fault.h"
#include "support/text.h"

#include <dirent.h>
#include <fcntl.h>

namespace strata::builder {

Digest DestinationFacts::digest() const {
  Hasher hasher;
  hasher.field("strata-destination-1").field(path).number(isDirectory).number(existing.size());
  for (const Ancestor& ancestor : existing) {
    hasher.field(ancestor.path).number(ancestor.mode).number(ancestor.uid).number(ancestor.gid);
    hasher.field(xattrsDigest(ancestor.xattrs).raw());
  }
  hasher.number(archives.size()).number(links.size());
  for (size_t archive : archives) hasher.number(archive);
  for (const auto& [path, target] : links) hasher.field(path).field(target);
  return hasher.finish();
}

llvm::Expected<DestinationFacts::Ancestor> lookAtDirectory(const ParentTree& parent, const std::string& path) {
  UniqueFd fd = openBeneath(parent.root, path, O_RDONLY | O_DIRECTORY);
  struct stat status;
  if (!fd || ::fstat(fd.get(), &status) != 0) return errnoFault("read \"/" + printable(path) + "\" below the step");
  auto [uid, gid] = layerfs::ownerOf(status, parent.owners);
  return DestinationFacts::Ancestor{path, uint32_t(status.st_mode & 07777), uid,
                                    gid,  nanosecondsOf(status.st_mtim),    readXattrs(fd.get())};
}

namespace {
llvm::Error overDirectory(llvm::StringRef path) {
  return fault(FaultKind::Invalid, "cannot replace to directory \"/" + printable(path) + "\" with file");
}
llvm::Error overFile(llvm::StringRef path) {
  return fault(FaultKind::Invalid, "cannot copy to non-directory: \"/" + printable(path) + "\"");
}

/// Whether what is copied fits what the parent has (COPY-25). Only directories that both have are looked into.
class ConflictCheck {
public:
  explicit ConflictCheck(int parentRoot) : root_(parentRoot) {}

  llvm::Error file(const std::string& path) const {
    auto mode = modeOf(path);
    return mode && S_ISDIR(*mode) ? overDirectory(path) : llvm::Error::success();
  }

  llvm::Error contents(const SourceNode& directory, const std::string& path) const {
    if (directory.children.size() > kFew) return contentsByListing(directory, path);
    for (const auto& child : directory.children) {
      std::string target = below(path, child->entry.name);
      if (auto mode = modeOf(target))
        if (auto error = check(*child, target, S_ISDIR(*mode))) return error;
    }
    return llvm::Error::success();
  }

private:
  static constexpr size_t kFew = 16;  // above it, one listing is cheaper than asking for each name

  llvm::Error check(const SourceNode& node, const std::string& target, bool targetIsDirectory) const {
    if (!node.isDirectory()) return targetIsDirectory ? overDirectory(target) : llvm::Error::success();
    return targetIsDirectory ? contents(node, target) : overFile(target);
  }

  llvm::Error contentsByListing(const SourceNode& directory, const std::string& path) const {
    UniqueFd fd = openBeneath(root_, path, O_RDONLY | O_DIRECTORY);
    DIR* stream = fd ? ::fdopendir(fd.get()) : nullptr;
    if (!stream) return errnoFault("list \"/" + printable(path) + "\" below the step");
    fd.release();
    std::map<std::string, const SourceNode*> both;
    while (const dirent* entry = ::readdir(stream)) {
      auto place = llvm::lower_bound(directory.children, llvm::StringRef(entry->d_name),
                                     [](const auto& child, llvm::StringRef name) { return child->entry.name < name; });
      if (place != directory.children.end() && (*place)->entry.name == entry->d_name)
        both[entry->d_name] = place->get();
    }
    ::closedir(stream);
    for (const auto& [name, node] : both) {
      std::string target = below(path, name);
      if (auto mode = modeOf(target))
        if (auto error = check(*node, target, S_ISDIR(*mode))) return error;
    }
    return llvm::Error::success();
  }

  std::optional<mode_t> modeOf(const std::string& path) const {
    UniqueFd fd = openBeneath(root_, path, O_PATH);
    struct stat status;
    if (!fd || ::fstat(fd.get(), &status) != 0) return std::nullopt;
    return status.st_mode;
  }

  int root_;
};

llvm::Error checkConflicts(const CopyRequest& request, const DestinationFacts& facts, int parentRoot) {
  ConflictCheck check(parentRoot);
  bool intoExisting = !facts.existing.empty() && facts.existing.back().path == facts.path && facts.isDirectory;
  if (!intoExisting) return llvm::Error::success();
  for (size_t i = 0; i < request.selection.sources.size(); ++i) {
    const SelectedSource& source = request.selection.sources[i];
    if (llvm::is_contained(facts.archives, i)) continue;
    auto error = source.node->isDirectory() ? check.contents(*source.node, facts.path)
                                            : check.file(below(facts.path, source.baseName));
    if (error) return error;
  }
  for (const InlineFile& file : request.inlineFiles)
    if (auto error = check.file(below(facts.path, file.name))) return error;
  return llvm::Error::success();
}

/// Whether this source makes the destination a directory where there is nothing.
bool makesDirectory(const CopyRequest& request, const DestinationFacts& facts, size_t source) {
  llvm::ArrayRef<SelectedSource> sources = request.selection.sources;
  return source < sources.size() && (sources[source].node->isDirectory() || llvm::is_contained(facts.archives, source));
}

/// Fills `path` and `existing` from the parent.
llvm::Error lookAtParent(const CopyRequest& request, const ParentTree& parent, DestinationFacts& facts) {
  auto resolved = resolveBeneath(parent.root, request.destination, LastLink::Follow);
  if (!resolved) return resolved.takeError();
  facts.path = resolved->path;
  if (resolved->blocked) return overFile(resolved->missing);
  bool isDirectory = resolved->exists && S_ISDIR(resolved->status.st_mode);
  if (resolved->exists && !isDirectory && facts.isDirectory) return overFile(facts.path);
  facts.isDirectory |= isDirectory;
  llvm::StringRef last =
      isDirectory ? llvm::StringRef(facts.path) : parentOf(resolved->exists ? facts.path : resolved->missing);
  std::string path;
  auto root = lookAtDirectory(parent, path);
  if (!root) return root.takeError();
  facts.existing.push_back(std::move(*root));
  for (llvm::StringRef name : pathComponents(last)) {
    path = below(path, name);
    auto ancestor = lookAtDirectory(parent, path);
    if (!ancestor) return ancestor.takeError();
    facts.existing.push_back(std::move(*ancestor));
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<DestinationFacts> resolveDestination(const CopyRequest& request, const ParentTree& parent) {
  DestinationFacts facts;
  facts.path = cleanPath(request.destination);
  if (request.unpackArchives)
    for (size_t i = 0; i < request.selection.sources.size(); ++i) {
      auto archive = isArchive(request.selection.sources[i]);
      if (!archive) return archive.takeError();
      if (*archive) facts.archives.push_back(i);
    }
  llvm::StringRef written = request.destination;
  facts.isDirectory = request.destinationIsDirectory || facts.path.empty() || written.ends_with("/") ||
                      written.ends_with("/.") || makesDirectory(request, facts, 0);
  if (parent.root >= 0)
    if (auto error = lookAtParent(request, parent, facts)) return error;
  if (!facts.isDirectory)  // the first source, a file, takes the name
    for (size_t i = 1; i < request.selection.sources.size(); ++i)
      if (makesDirectory(request, facts, i)) return overFile(facts.path);
  if (parent.root < 0) return facts;
  if (auto error = checkConflicts(request, facts, parent.root)) return error;
  if (auto error = lookAtArchives(request, parent, facts)) return error;
  return facts;
}

}  // namespace strata::builder
