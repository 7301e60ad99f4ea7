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
using layerfs::EntryKind;
using Contents = std::map<Digest, std::string>;

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

/// The files of a layer that have one of these digests. A layer that is elsewhere, or gone, has none.
llvm::Error collect(layerfs::LayerStore& layers, int64_t id, const std::set<Digest>& wanted,
                    const std::set<uint64_t>& sizes, Contents& contents) {
  if (id == 0 || wanted.empty()) return llvm::Error::success();
  auto layer = layers.load({id});
  if (!layer) {
    auto error = layer.takeError();
    return takeIf(error, FaultKind::NotFound) ? llvm::Error::success() : std::move(error);
  }
  if ((*layer)->form() == layerfs::LayerForm::Remote) return llvm::Error::success();
  return (*layer)->walk([&](const layerfs::LayerEntry& entry, ByteSource& content) -> llvm::Error {
    if (entry.kind != EntryKind::File || !sizes.count(entry.size)) return llvm::Error::success();
    auto bytes = readAll(content, kMostDiffBytes);
    if (!bytes) return bytes.takeError();
    Digest digest = digestOf(*bytes);
    if (wanted.count(digest)) contents[digest] = std::move(*bytes);
    return llvm::Error::success();
  });
}

/// A file of the context as it lies there now, if it still is the one that was copied.
void collectFromContext(const Build& build, const StepReason& reason, const TreeChange& change, Contents& contents) {
  if (!build.origin.empty() || contents.count(change.after.content) || !llvm::StringRef(build.context).starts_with("/"))
    return;
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
      contents[change.after.content] = std::move(*bytes);
  }
}

FileDiff diffOf(const TreeChange& change, const StepReason& reason, const Contents& contents) {
  FileDiff diff{.path = change.path};
  auto before = contents.find(change.before.content), after = contents.find(change.after.content);
  if (!isSmall(change)) {
    diff.whyNot = "it is larger than " + humanSize(kMostDiffBytes);
  } else if (before == contents.end()) {
    diff.whyNot = reason.comparedCache.empty() ? "its earlier content is not stored any more"
                                               : "its earlier content was never in this store";
  } else if (after == contents.end()) {
    diff.whyNot = "its new content is not stored any more";
  } else if (!isText(before->second) || !isText(after->second)) {
    diff.whyNot = "it is no text";
  } else {
    diff.text = unifiedDiff("a/" + change.path, before->second, "b/" + change.path, after->second);
  }
  return diff;
}

}  // namespace

llvm::Expected<std::vector<FileDiff>> contentDiffs(const StepReason& reason, const BuildStep& step, const Build& build,
                                                   layerfs::LayerStore& layers) {
  std::vector<const TreeChange*> files = modifiedFiles(reason);
  std::set<Digest> old, now;
  std::set<uint64_t> oldSizes, newSizes;
  for (const TreeChange* file : llvm::ArrayRef(files).take_front(kMostDiffFiles)) {
    if (!isSmall(*file)) continue;
    old.insert(file->before.content), oldSizes.insert(file->oldSize);
    now.insert(file->after.content), newSizes.insert(file->newSize);
  }
  Contents contents;
  if (auto error = collect(layers, reason.comparedLayer, old, oldSizes, contents)) return error;
  if (auto error = collect(layers, step.layer, now, newSizes, contents)) return error;
  std::vector<FileDiff> diffs;
  for (const TreeChange* file : llvm::ArrayRef(files).take_front(kMostDiffFiles)) {
    if (isSmall(*file)) collectFromContext(build, reason, *file, contents);
    diffs.push_back(diffOf(*file, reason, contents));
  }
  return diffs;
}

}  // namespace strata::analyzer
