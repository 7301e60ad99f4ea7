#pragma once
/// \file Where the compressed forms of layers can be had: in repositories of registries and in shared directories. What
/// was pulled, pushed or read in a cache's records is written down here, so that a layer may stay away until somebody
/// reads it, and so that a push sends nothing that the other side has. What is said here may be out of date: who
/// asks for a blob may find that it is gone. And it may be a lie: a manifest or a cache's record says what its author
/// likes of any diffID. Who brings a blob compares it with the diffID; who passes one on unread, as the content of a
/// layer that is here, takes verified ones alone.

#include "layerfs/descriptor.h"
#include "layerfs/ids.h"
#include "support/bytes.h"
#include "support/database.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::layerfs {

/// A layer as a blob somewhere. One of a media type without compression is the tar itself.
struct LayerBlob {
  Descriptor descriptor;
  /// A repository ("localhost:5000/team/app"), or the absolute path of a directory that has blobs/sha256/<hex>.
  std::string place;
  /// This store has seen the blob to hold the layer: it made it, or inflated it and compared. True of a blob, wherever
  /// it is.
  bool verified = false;
};

/// Brings blobs from their places: the floor above knows how.
class LayerSource {
public:
  virtual ~LayerSource() = default;
  /// The blob's bytes, which are checked against its digest and size by the time that they end. Any thread. Faults:
  /// NotFound where the place has no such blob any more; Unavailable; Denied; Corrupt from the last read.
  virtual llvm::Expected<std::unique_ptr<ByteSource>> open(const LayerBlob& blob) = 0;
  /// The blob from `begin` to its end alone, checked against the digest of that part. Faults: as open(); Unsupported
  /// where a place gives whole blobs only.
  virtual llvm::Expected<std::unique_ptr<ByteSource>> openEnd(const LayerBlob& blob, uint64_t begin,
                                                              const Digest& digest) = 0;
};

/// All that is known of a store. Any thread.
class LayerBlobs {
public:
  static llvm::Expected<std::unique_ptr<LayerBlobs>> open(Database& database);

  /// What is verified stays so, with the descriptor that it was verified with; the tail (OutlineTail) of what is not is
  /// left out.
  [[nodiscard]] llvm::Error put(const DiffId& diffId, const LayerBlob& blob);
  /// Latest first.
  llvm::Expected<std::vector<LayerBlob>> find(const DiffId& diffId);
  /// The place has it no more.
  [[nodiscard]] llvm::Error remove(const DiffId& diffId, const LayerBlob& blob);
  /// Forgets the blobs of layers that the store does not know.
  [[nodiscard]] llvm::Error prune();

private:
  explicit LayerBlobs(Database& database) : database_(database) {}
  Database& database_;
};

}  // namespace strata::layerfs
