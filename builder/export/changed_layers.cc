#include "builder/export/changed_layers.h"

#include "builder/export/image_document.h"
#include "builder/export/merged_files.h"
#include "layerfs/layer_tar.h"
#include "support/fault.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <fcntl.h>
#include <unistd.h>
#include <set>

namespace strata::builder {

namespace {
using layerfs::EntryKind;
using layerfs::Layer;
using layerfs::LayerEntry;
using layerfs::LayerTarWriter;

/// What `produce` writes becomes a layer of the store, by way of a file: as large as the layer, and nameless.
llvm::Expected<std::shared_ptr<Layer>> makeLayer(layerfs::Store& store,
                                                 llvm::function_ref<llvm::Error(LayerTarWriter&)> produce) {
  std::string path = joinPath(store.staging(), "layer-XXXXXX");
  UniqueFd file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file) return errnoFault("stage a layer in " + store.staging());
  ::unlink(path.c_str());
  FdSink sink(file.get());
  LayerTarWriter writer(sink);
  if (auto error = produce(writer)) return error;
  if (auto error = writer.finish()) return error;
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return errnoFault("read a staged layer");
  FdSource source(file.get());
  return store.layers().addTar(source);
}

llvm::Expected<std::shared_ptr<Layer>> clamped(Layer& layer, int64_t epoch, layerfs::Store& store) {
  return makeLayer(store, [&](LayerTarWriter& writer) {
    return layer.walk([&](const LayerEntry& entry, ByteSource& content) {
      LayerEntry earlier = entry;
      earlier.mtime = std::min(earlier.mtime, epoch);
      return writer.add(earlier, entry.kind == EntryKind::File ? &content : nullptr);
    });
  });
}
}  // namespace

llvm::Expected<PlatformResult> rewriteTimestamps(PlatformResult result, int64_t epochSeconds, layerfs::Store& store) {
  result.layerAnnotations.resize(result.layers.size());
  for (size_t i = result.baseLayers; i < result.layers.size(); ++i) {
    auto layer = clamped(*result.layers[i], epochSeconds * 1'000'000'000, store);
    if (!layer) return withContext(layer.takeError(), "rewrite the times of a layer");
    result.layers[i] = std::move(*layer);
    result.layerAnnotations[i]["buildkit/rewritten-timestamp"] = llvm::itostr(epochSeconds);
  }
  return result;
}

namespace {
struct PathOrder {
  bool operator()(const std::string& a, const std::string& b) const { return layerfs::pathLess(a, b); }
};
using Paths = std::set<std::string, PathOrder>;

bool isBelow(llvm::StringRef path, llvm::StringRef directory) {
  return path.consume_front(directory) && path.starts_with("/");
}

/// What a stack of layers does to those below it: paths alone.
struct Changes {
  Paths brought, removed, emptied;

  llvm::Error collect(Layer& layer) {
    return layer.walk([&](const LayerEntry& entry, ByteSource&) {
      bool removal = entry.kind == EntryKind::Whiteout;
      (removal ? removed : entry.kind == EntryKind::Opaque ? emptied : brought).insert(entry.path);
      return llvm::Error::success();
    });
  }
};

/// Writes the changes as one layer, from what the whole stack looks like in the end: a path that a layer brought and
/// that is there was brought by the topmost; one that was removed and is not there is gone for good.
class SquashWriter {
public:
  SquashWriter(Changes changes, LayerTarWriter& writer)
      : changes_(std::move(changes)), next_(changes_.removed.begin()), writer_(writer) {}

  llvm::Error add(const LayerEntry& entry, ByteSource* content) {
    if (auto error = removeUpTo(&entry.path)) return error;
    bool directory = entry.kind == EntryKind::Directory;
    leaf_ = directory ? "" : entry.path;
    bool again =
        changes_.removed.count(entry.path) > 0;  // removed and there: perhaps as the parent of what was brought
    if (!again && !changes_.brought.count(entry.path)) return llvm::Error::success();
    if (auto error = writer_.add(entry, content)) return error;
    bool hides = again || changes_.emptied.count(entry.path) > 0;
    if (!directory || !hides) return llvm::Error::success();
    return writer_.add({.path = entry.path, .kind = EntryKind::Opaque}, nullptr);
  }
  /// To be called after the last entry.
  llvm::Error finish() { return removeUpTo(nullptr); }

private:
  /// Removals that come before this path; of the path itself none, for it is there.
  llvm::Error removeUpTo(const std::string* path) {
    for (; next_ != changes_.removed.end() && (!path || !layerfs::pathLess(*path, *next_)); ++next_) {
      bool implied = isBelow(*next_, leaf_) || (!gone_.empty() && isBelow(*next_, gone_));
      if (implied || (path && *path == *next_)) continue;
      gone_ = *next_;
      if (auto error = writer_.add({.path = *next_, .kind = EntryKind::Whiteout}, nullptr)) return error;
    }
    return llvm::Error::success();
  }

  Changes changes_;
  Paths::const_iterator next_;
  LayerTarWriter& writer_;
  std::string leaf_;  ///< the last entry, if it was no directory: nothing can be removed below it
  std::string gone_;  ///< the last removal
};

llvm::Expected<std::shared_ptr<Layer>> squashed(const PlatformResult& result, layerfs::Store& store) {
  Changes changes;
  for (size_t i = result.baseLayers; i < result.layers.size(); ++i)
    if (auto error = changes.collect(*result.layers[i])) return error;
  if (result.baseLayers == 0) {  // nothing below that could be removed
    changes.removed.clear();
    changes.emptied.clear();
  }
  auto files = mergedFiles(result);
  if (!files) return files.takeError();
  return makeLayer(store, [&](LayerTarWriter& tar) -> llvm::Error {
    SquashWriter writer(std::move(changes), tar);
    if (auto error = files->walk([&](const LayerEntry& entry, ByteSource& content, int) {
          return writer.add(entry, entry.kind == EntryKind::File ? &content : nullptr);
        }))
      return error;
    return writer.finish();
  });
}
}  // namespace

llvm::Expected<PlatformResult> squash(PlatformResult result, layerfs::Store& store) {
  if (result.layers.size() == result.baseLayers) return result;
  auto whole = configDocument(result);
  if (!whole) return whole.takeError();
  auto layer = squashed(result, store);
  if (!layer) return withContext(layer.takeError(), "squash");
  result.layers.resize(result.baseLayers);
  result.layers.push_back(std::move(*layer));
  size_t described = 0;
  for (layerfs::HistoryEntry& entry : result.config.history)
    if (!entry.emptyLayer && ++described > result.baseLayers) entry.emptyLayer = true;
  std::string image = digestOf(*whole).str();
  result.config.history.push_back(
      {.created = result.config.created,
       .comment = result.base ? "merge " + image + " to " + result.base->str() : "create new from " + image});
  return result;
}

}  // namespace strata::builder
