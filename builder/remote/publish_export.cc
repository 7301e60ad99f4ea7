// The end of an export: cache mounts, trees, the pack, and the root that names it.

#include "builder/remote/cache_export.h"
#include "builder/remote/compact.h"
#include "builder/remote/mount_archive.h"
#include "builder/remote/tree_blob.h"
#include "builder/solve/cache_mounts.h"
#include "layerfs/layer_outline.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

using layerfs::Descriptor;

namespace {
/// A build whose trees are spread over more blobs writes them all anew.
constexpr size_t kMostTreeBlobs = 8;
constexpr uint64_t kLeastOutlined = 256 << 10;
}  // namespace

void CacheExport::publish(const Build& build) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  closed_ = true;
  solving_ = false;
  build_ = PackedBuild{.build = build, .trees = {}};
  changed_.notify_all();
  publishing_ = std::thread([this] {
    std::unique_lock wait(mutex_);
    changed_.wait(wait, [&] { return queue_.empty() && active_ == 0; });
    bool nothing = threads_.empty() && mounts_.empty();
    bool broken = failure_.has_value();
    wait.unlock();
    if (nothing || broken) return;
    std::call_once(opened_, [&] {
      if (auto failed = open()) fail(std::move(failed));
    });
    if (failure_) return;
    if (auto error = writePack()) fail(std::move(error));
  });
}

llvm::Error CacheExport::writePack() {
  CachePack pack{.records = added_, .builds = {}, .mounts = {}};
  if (auto error = addMounts(pack)) fail(std::move(error));
  if (pack.records.empty() && pack.mounts.empty()) return llvm::Error::success();
  if (auto error = root_.open()) return error;
  Publisher publisher(*root_.storage, root_.patience.token());
  root_.patience.moved();
  if (auto error = addTrees(*build_)) return error;
  if (auto error = addOutlines(pack)) return error;
  pack.builds.push_back(*build_);

  CacheIndex addition;
  std::set<Digest> dead;
  if (there_.index.packs.size() >= kMostPacksInCache) {
    Compacted compacted = compact(std::move(pack), there_, used_, nowNanoseconds());
    pack = std::move(compacted.pack);
    addition.replaced = std::move(compacted.replaced);
    dead = std::move(compacted.dead);
  }
  auto bytes = encodePack(pack);
  if (!bytes) return bytes.takeError();
  addition.packs = {describePack(*bytes)};
  addition.others = blobsOf(pack);
  if (auto error = root_.storage->putBlob(addition.packs.front(), *bytes)) return error;
  if (auto error = root_.storage->putBlob(CacheIndex::config(), "{}")) return error;
  kept_.put(addition.packs.front().digest, *bytes);
  root_.patience.moved();
  auto tidy = [&](CacheIndex& next) -> llvm::Error {
    llvm::erase_if(next.others, [&](const Descriptor& blob) { return dead.count(blob.digest) > 0; });
    return llvm::Error::success();
  };
  if (auto error = publisher.add(addition, tidy)) return error;
  root_.patience.moved();
  if (auto error = publisher.confirm()) return error;
  return target_.reset ? dropUnreferencedBlobs(target_.place.directory) : llvm::Error::success();
}

/// Each under its lock, so that nobody removes it meanwhile; one that is changed under the reading stays behind.
llvm::Error CacheExport::addMounts(CachePack& pack) {
  CacheMounts mounts(store_.root(), store_.staging());
  for (const auto& [slot, id] : mounts_) {
    auto lease = mounts.borrow(slot);
    if (!lease) return lease.takeError();
    if (!*lease) continue;
    MountCapture capture{
        .directory = (*lease)->directory, .slot = slot, .id = id, .maxSize = target_.mountsMaxSize, .earlier = nullptr};
    for (const CachePack& one : there_.packs)
      for (const PackedMount& mount : one.mounts)
        if (mount.slot == slot && (!capture.earlier || capture.earlier->taken < mount.taken)) capture.earlier = &mount;
    auto onProgress = [&](uint64_t sent) {
      layers_.patience.moved();
      std::lock_guard lock(mutex_);
      sums_.bytes += sent;
    };
    auto mount = captureMountFiles(capture, *layers_.storage, kept_, onProgress);
    if (!mount) {
      auto error = withContext(mount.takeError(), "cache mount " + printable(id));
      FaultKind kind = kindOf(error);
      if (kind == FaultKind::Unavailable || kind == FaultKind::Denied || kind == FaultKind::Cancelled) return error;
      skip(std::move(error));
    } else if (!capture.earlier || capture.earlier->index.digest != mount->index.digest) {
      pack.mounts.push_back(std::move(*mount));
      std::lock_guard lock(mutex_);
      ++sums_.mounts;
    }
  }
  return llvm::Error::success();
}

/// What the newest build's blobs hold, as far as they are known here.
std::set<Digest> CacheExport::treesThere(std::vector<Descriptor>& blobs) {
  std::set<Digest> there;
  for (const PackedBuild* build : there_.builds()) {
    if (build->build.dockerfile != build_->build.dockerfile || build->trees.size() >= kMostTreeBlobs) continue;
    for (const Descriptor& blob : build->trees) {
      auto bytes = kept_.find(blob.digest);
      if (!bytes || !there_.index.lists(blob.digest)) return {};
      auto objects = treesIn(*bytes);
      if (!objects) {
        llvm::consumeError(objects.takeError());
        return {};
      }
      there.insert(objects->begin(), objects->end());
    }
    blobs = build->trees;
    return there;
  }
  return there;
}

llvm::Error CacheExport::addTrees(PackedBuild& build) {
  std::vector<Descriptor> blobs;
  std::set<Digest> there = treesThere(blobs);
  if (there.empty()) blobs.clear();
  auto bytes = packTrees(trees_, treesOf(build.build), there);
  if (!bytes) return bytes.takeError();
  build.trees = std::move(blobs);
  if (bytes->empty()) return llvm::Error::success();
  build.trees.push_back(describe(*bytes, cachemedia::kTrees));
  if (auto error = root_.storage->putBlob(build.trees.back(), *bytes)) return error;
  kept_.put(build.trees.back().digest, *bytes);
  return llvm::Error::success();
}

/// A layer that is small is brought as fast as its outline.
llvm::Error CacheExport::addOutlines(CachePack& pack) {
  for (const CachePack& one : there_.packs)
    for (const PackedOutline& outline : one.outlines) outlined_.erase(outline.diffId.digest);
  for (const auto& [diffId, layer] : outlined_) {
    auto identity = layer->tarIdentity();
    if (!identity) return identity.takeError();
    if (identity->size < kLeastOutlined || layer->form() == layerfs::LayerForm::Remote) continue;
    auto blob = root_.storage->putStream([&](ByteSink& sink) -> llvm::Error {
      auto compressor = layerfs::makeCompressor({layerfs::Compression::Zstd, 3}, sink, /*threads=*/1);
      if (auto error = layerfs::writeOutline(*layer, *compressor)) return error;
      return compressor->finish();
    });
    root_.patience.moved();
    if (!blob) {
      auto error = blob.takeError();
      FaultKind kind = kindOf(error);
      if (kind != FaultKind::NotFound && kind != FaultKind::Corrupt) return error;
      skip(std::move(error));  // the layer's own trouble
      continue;
    }
    blob->mediaType = cachemedia::kOutline.str();
    pack.outlines.push_back({identity->diffId, std::move(*blob)});
  }
  return llvm::Error::success();
}

}  // namespace strata::builder
