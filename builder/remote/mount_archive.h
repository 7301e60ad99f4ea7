#pragma once
/// \file The files of a cache mount as objects of a shared cache: the deterministic tar of the directory, cut into
/// chunks by content (chunker.h), each compressed by itself and named by its SHA-256, many to a blob. An index says
/// which chunks make the tar and where each lies, so that a mount that changed a little brings a little.
///
/// Index, format 1, JSON compressed with zstd: {"schema": 1, "blobs": [DESCRIPTOR], "chunks": [[digest as 64 hex
/// digits, bytes, number of the blob, offset in it, bytes there]]}.

#include "builder/remote/cache_storage.h"
#include "builder/remote/kept_blobs.h"
#include "builder/remote/pack.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::builder {

struct MountChunk {
  Digest digest;
  uint64_t size = 0;    ///< bytes of the tar
  uint32_t blob = 0;    ///< index into MountIndex::blobs
  uint64_t offset = 0;  ///< there
  uint64_t stored = 0;  ///< bytes there
};
inline constexpr size_t kMostIndex = 64 << 20;  ///< bytes of an index, packed and unpacked
struct MountIndex {
  std::vector<layerfs::Descriptor> blobs;
  std::vector<MountChunk> chunks;  ///< in the tar's order
  uint64_t size() const;           ///< bytes of the tar

  llvm::Expected<std::string> encode() const;
  /// Every chunk lies in its blob, whatever somebody wrote. Faults: Invalid.
  static llvm::Expected<MountIndex> decode(llvm::StringRef bytes);
};

/// What is captured and where it goes.
struct MountCapture {
  std::string directory, slot, id;
  uint64_t maxSize = 0;                  ///< bytes of the files
  const PackedMount* earlier = nullptr;  ///< what the cache has of this mount
};
/// Writes what the storage has not got; the same as `earlier` where nothing changed. `onProgress` hears, now and then,
/// of bytes that were sent, or that it goes on (0). Faults: Invalid for a mount that is larger than its limit; what the
/// storage faults; Io.
llvm::Expected<PackedMount> captureMountFiles(const MountCapture& capture, CacheStorage& storage, const KeptBlobs& kept,
                                              llvm::function_ref<void(uint64_t sent)> onProgress);

/// Fills an empty directory. Device nodes are left out. Faults: Corrupt; Invalid; what the storage faults; the
/// directory is empty again then.
[[nodiscard]] llvm::Error restoreMountFiles(const PackedMount& mount, CacheStorage& storage, const std::string& staging,
                                            const std::string& directory, llvm::function_ref<void()> onProgress);

}  // namespace strata::builder
