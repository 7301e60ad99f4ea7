#include "analyzer/causes/content_diff.h"

#include "analyzer/causes/sequence_diff.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/JSON.h>

#include <sys/stat.h>
#include <map>
#include <set>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;
using builder::TreeChange;
using builder::TreeEntry;
using layerfs::EntryKind;

/// What was found of one side. Trees that leave out contents name a file by its path in the step's own layer.
struct SideContents {
  std::map<Digest, std::string> byDigest;
  std::map<std::string, std::string> byPath;

  const std::string* find(const TreeEntry& entry, const std::string& path) const {
    if (entry.content) {
      auto found = byDigest.find(entry.content);
      return found == byDigest.end() ? nullptr : &found->second;
    }
    auto found = byPath.find(path);
    return found == byPath.end() || found->second.size() != entry.size ? nullptr : &found->second;
  }
};

/// What is looked for on one side.
struct Wanted {
  std::set<Digest> digests;
  std::set<std::string> paths;
  std::set<uint64_t> sizes;

  void add(const TreeEntry& entry, const std::string& path) {
    sizes.insert(entry.size);
    if (entry.content)
      digests.insert(entry.content);
    else
      paths.insert(path);
  }
};

bool isText(llvm::StringRef content) { return !content.contains('\0') && llvm::json::isUTF8(content); }

bool isSmall(const TreeChange& change) { return change.oldSize <= kMostDiffBytes && change.newSize <= kMostDiffBytes; }

/// Changed contents of regular files, each path once.
std::vector<const TreeChange*> modifiedFiles(const StepReason& reason) {
  std::vector<const TreeChange*> files;
  std::set<llvm::StringRef> seen;
  auto add = [&](const std::vector<TreeChange>& changes) {
    for (const TreeChange& change : changes)
      if (change.kind == TreeChange::Kind::Modified && change.after.kind == EntryKind::File &&
          seen.insert(change.path).second)
        files.push_back(&change);
  };
  for (const Cause& cause : reason.causes) add(cause.changes);
  add(reason.outputChanges);
  return files;
}

/// Of the files of a layer those that are looked for; by their paths too in the layer that a step left itself. A layer
/// that is elsewhere, or gone, has none.
enum class LayerOf { Step, Mount };
llvm::Error collect(layerfs::LayerStore& layers, int64_t id, LayerOf of, const Wanted& wanted, SideContents& contents) {
  if (id == 0 || wanted.sizes.empty()) return llvm::Error::success();
  auto layer = layers.load({id});
  if (!layer) {
    auto error = layer.takeError();
    return takeIf(error, FaultKind::NotFound) ? llvm::Error::success() : std::move(error);
  }
  if ((*layer)->form() == layerfs::LayerForm::Remote) return llvm::Error::success();
  return (*layer)->walk([&](const layerfs::LayerEntry& entry, ByteSource& content) -> llvm::Error {
    if (entry.kind != EntryKind::File || !wanted.sizes.count(entry.size)) return llvm::Error::success();
    auto bytes = readAll(content, kMostDiffBytes);
    if (!bytes) return bytes.takeError();
    if (of == LayerOf::Step && wanted.paths.count(entry.path)) contents.byPath[entry.path] = *bytes;
    Digest digest = digestOf(*bytes);
    if (wanted.digests.count(digest)) contents.byDigest[digest] = std::move(*bytes);
    return llvm::Error::success();
  });
}

llvm::Error collectAll(layerfs::LayerStore& layers, int64_t left, llvm::ArrayRef<int64_t> shown, const Wanted& wanted,
                       SideContents& contents) {
  if (auto error = collect(layers, left, LayerOf::Step, wanted, contents)) return error;
  for (int64_t layer : shown)
    if (auto error = collect(layers, layer, LayerOf::Mount, wanted, contents)) return error;
  return llvm::Error::success();
}

/// A file of the context as it lies there now, if it still is the one that was copied.
void collectFromContext(const Build& build, const StepReason& reason, const TreeChange& change,
                        SideContents& contents) {
  bool isHere = build.origin.empty() && llvm::StringRef(build.context).starts_with("/");
  if (!isHere || !change.after.content || contents.byDigest.count(change.after.content)) return;
  std::vector<std::string> places{joinPath(build.context, change.path)};
  for (const Cause& cause : reason.causes) {
    llvm::SmallVector<llvm::StringRef> sources;
    llvm::StringRef(cause.name).split(sources, ' ');
    for (llvm::StringRef source : sources) {
      std::string place = joinPath(build.context, source);
      places.push_back(joinPath(place, change.path));
      places.push_back(joinPath(llvm::StringRef(place).rsplit('/').first, change.path));
    }
  }
  for (const std::string& place : places) {
    struct stat status;
    if (::lstat(place.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || uint64_t(status.st_size) != change.newSize)
      continue;
    auto bytes = readFile(place);
    if (!bytes)
      llvm::consumeError(bytes.takeError());
    else if (digestOf(*bytes) == change.after.content)
      contents.byDigest[change.after.content] = std::move(*bytes);
  }
}

ContentDiff diffOf(const TreeChange& change, const StepReason& reason, const SideContents& old,
                   const SideContents& now) {
  ContentDiff diff{.path = change.path};
  const std::string *before = old.find(change.before, change.path), *after = now.find(change.after, change.path);
  if (!isSmall(change)) {
    diff.whyNot = "it is larger than " + humanSize(kMostDiffBytes);
  } else if (!before) {
    diff.whyNot = reason.comparedCache.empty() ? "its earlier content is not stored any more"
                                               : "its earlier content was never in this store";
  } else if (!after) {
    diff.whyNot = "its new content is not stored any more";
  } else if (!isText(*before) || !isText(*after)) {
    diff.whyNot = "it is no text";
  } else {
    diff.text = unifiedDiff("a/" + change.path, *before, "b/" + change.path, *after);
  }
  return diff;
}

}  // namespace

llvm::Expected<std::vector<ContentDiff>> contentDiffs(const StepReason& reason, const BuildStep& step,
                                                      const Build& build, layerfs::LayerStore& layers) {
  std::vector<const TreeChange*> files = modifiedFiles(reason);
  if (files.size() > kMostDiffFiles) files.resize(kMostDiffFiles);
  Wanted before, after;
  for (const TreeChange* file : files) {
    if (!isSmall(*file)) continue;
    before.add(file->before, file->path);
    after.add(file->after, file->path);
  }
  SideContents old, now;
  if (auto error = collectAll(layers, reason.comparedLayer, reason.comparedMounts, before, old)) return error;
  if (auto error = collectAll(layers, step.layer, step.mountLayers, after, now)) return error;
  std::vector<ContentDiff> diffs;
  for (const TreeChange* file : files) {
    if (isSmall(*file)) collectFromContext(build, reason, *file, now);
    diffs.push_back(diffOf(*file, reason, old, now));
  }
  return diffs;
}

}  // namespace strata::analyzer
