// A cache mount's files on their way into a shared cache.

#include "builder/remote/chunker.h"
#include "builder/remote/mount_archive.h"
#include "layerfs/layer_tar.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <set>
#include <unordered_map>

namespace strata::builder {

using layerfs::Descriptor;
using layerfs::EntryKind;
using layerfs::LayerEntry;

namespace {
constexpr size_t kBlobBytes = 16 << 20;

class Capture {
public:
  Capture(const MountCapture& what, CacheStorage& storage, const KeptBlobs& kept,
          llvm::function_ref<void(uint64_t sent)> onProgress)
      : what_(what), storage_(storage), kept_(kept), onProgress_(onProgress) {}

  llvm::Expected<PackedMount> run() {
    readEarlier();
    auto take = [&](llvm::StringRef chunk) { return add(chunk); };
    Chunker chunker(take);
    if (auto error = writeTar(chunker)) return error;
    if (auto error = chunker.finish()) return error;
    if (auto error = flush()) return error;
    if (what_.earlier && isUnchanged()) return *what_.earlier;
    return finish();
  }

private:
  /// Chunks that are there already, but for those in blobs of which most is of no use any more: they move.
  void readEarlier() {
    if (!what_.earlier) return;
    auto bytes = kept_.find(what_.earlier->index.digest);
    if (!bytes) {
      auto read = readBlob(storage_, what_.earlier->index, kMostIndex);
      if (!read) return llvm::consumeError(read.takeError());
      bytes = std::move(*read);
    }
    auto index = MountIndex::decode(*bytes);
    if (!index) return llvm::consumeError(index.takeError());
    earlier_ = std::move(*index);
    std::vector<uint64_t> used(earlier_.blobs.size());
    std::set<Digest> seen;
    for (const MountChunk& chunk : earlier_.chunks)
      if (seen.insert(chunk.digest).second) used[chunk.blob] += chunk.stored;
    for (const MountChunk& chunk : earlier_.chunks)
      if (used[chunk.blob] * 2 >= earlier_.blobs[chunk.blob].size) known_.try_emplace(chunk.digest, chunk);
  }

  /// What a package manager leaves that is no file of a cache: sockets, device nodes.
  llvm::Error writeTar(ByteSink& sink) {
    layerfs::LayerTarWriter writer(sink);
    uint64_t size = 0;
    auto visit = [&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
      bool device = entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice;
      if (device || entry.kind == EntryKind::Whiteout || entry.kind == EntryKind::Opaque) return llvm::Error::success();
      size += entry.size;
      if (size > what_.maxSize) return tooLarge();
      return writer.add(entry, entry.kind == EntryKind::File ? &content : nullptr);
    };
    if (auto error = layerfs::walkLayerDirectory(what_.directory, visit)) {
      if (size <= what_.maxSize) return error;
      llvm::consumeError(std::move(error));  // it names the directory, which says nothing to anybody
      return tooLarge();
    }
    return writer.finish();
  }

  llvm::Error tooLarge() const {
    return fault(FaultKind::Invalid, "it is larger than mounts-max-size=" + humanSize(what_.maxSize));
  }

  llvm::Error add(llvm::StringRef bytes) {
    onProgress_(0);
    MountChunk chunk{.digest = digestOf(bytes), .size = bytes.size()};
    auto fresh = added_.find(chunk.digest);
    auto old = known_.find(chunk.digest);
    if (fresh != added_.end()) {
      index_.chunks.push_back(fresh->second);
      return llvm::Error::success();
    }
    if (old != known_.end()) {
      chunk = old->second;
      chunk.blob = blobNumber(earlier_.blobs[old->second.blob]);
      index_.chunks.push_back(chunk);
      return llvm::Error::success();
    }
    auto stored = compressed(bytes);
    if (!stored) return stored.takeError();
    chunk.blob = kPending;
    chunk.offset = pending_.size();
    chunk.stored = stored->size();
    pending_ += *stored;
    added_.emplace(chunk.digest, chunk);
    index_.chunks.push_back(chunk);
    return pending_.size() < kBlobBytes ? llvm::Error::success() : flush();
  }

  uint32_t blobNumber(const Descriptor& blob) {
    for (size_t i = 0; i < index_.blobs.size(); ++i)
      if (index_.blobs[i].digest == blob.digest) return uint32_t(i);
    index_.blobs.push_back(blob);
    return uint32_t(index_.blobs.size() - 1);
  }

  llvm::Error flush() {
    if (pending_.empty()) return llvm::Error::success();
    Descriptor blob = describe(pending_, cachemedia::kChunks);
    if (auto error = storage_.putBlob(blob, pending_)) return error;
    onProgress_(blob.size);
    uint32_t number = blobNumber(blob);
    for (MountChunk& chunk : index_.chunks)
      if (chunk.blob == kPending) chunk.blob = number;
    for (auto& [digest, chunk] : added_)
      if (chunk.blob == kPending) chunk.blob = number;
    pending_.clear();
    return llvm::Error::success();
  }

  bool isUnchanged() const {
    auto same = [](const MountChunk& a, const MountChunk& b) { return a.digest == b.digest; };
    return added_.empty() &&
           std::equal(index_.chunks.begin(), index_.chunks.end(), earlier_.chunks.begin(), earlier_.chunks.end(), same);
  }

  llvm::Expected<PackedMount> finish() {
    auto bytes = index_.encode();
    if (!bytes) return bytes.takeError();
    PackedMount mount{
        .slot = what_.slot, .id = what_.id, .taken = nowNanoseconds(), .index = {}, .blobs = index_.blobs};
    mount.index = describe(*bytes, cachemedia::kMountIndex);
    if (auto error = storage_.putBlob(mount.index, *bytes)) return error;
    onProgress_(mount.index.size);
    kept_.put(mount.index.digest, *bytes);
    return mount;
  }

  static constexpr uint32_t kPending = UINT32_MAX;
  const MountCapture& what_;
  CacheStorage& storage_;
  const KeptBlobs& kept_;
  llvm::function_ref<void(uint64_t sent)> onProgress_;
  MountIndex earlier_, index_;
  std::unordered_map<Digest, MountChunk, DigestHash> known_, added_;
  std::string pending_;
};
}  // namespace

llvm::Expected<PackedMount> captureMountFiles(const MountCapture& capture, CacheStorage& storage, const KeptBlobs& kept,
                                              llvm::function_ref<void(uint64_t sent)> onProgress) {
  return Capture(capture, storage, kept, onProgress).run();
}

}  // namespace strata::builder
