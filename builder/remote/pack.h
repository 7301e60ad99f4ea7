#pragma once
/// \file A pack: what a build adds to a cache that many share, as one blob. Never changed once written.
///
/// Format 1: JSON, compressed with zstd; digests as 64 hex digits, times in nanoseconds since 1970, sizes in bytes.
///
///     {"schema": 1,
///      "records": [{"key", "aliases": [], "diffId", "tarSize", "blob": DESCRIPTOR, "created", "duration", "used",
///                   "tree", "facts", "output"}],
///      "builds": [{"id", "head": {}, "steps": [], "trees": [DESCRIPTOR]}],
///      "mounts": [{"slot", "id", "taken", "index": DESCRIPTOR, "blobs": [DESCRIPTOR]}],
///      "outlines": [{"diffId", "blob": DESCRIPTOR}]}
///
/// head and steps are the journal's (build_json.h), without what only the other machine's store knows.

#include "builder/cache/record_store.h"
#include "builder/journal/journal.h"
#include "layerfs/descriptor.h"
#include "layerfs/ids.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// A record with its layer named by content instead of by number.
struct PackedRecord {
  CacheRecord record;
  std::vector<Digest> aliases;
  layerfs::DiffId diffId;
  uint64_t tarSize = 0;      ///< bytes; no tar has none
  layerfs::Descriptor blob;  ///< in an image's configuration none: its manifest has it
  int64_t used = 0;          ///< nanoseconds since 1970: when somebody last wrote that it was of use
};

struct PackedBuild {
  Build build;
  std::vector<layerfs::Descriptor> trees;  ///< blobs that together hold the trees of its components (tree_blob.h)
};

/// The files of a cache mount as one build left them.
struct PackedMount {
  std::string slot;  ///< CacheMounts::keyOf()
  std::string id;    ///< as the user calls it
  int64_t taken = 0;
  layerfs::Descriptor index;               ///< mount_archive.h
  std::vector<layerfs::Descriptor> blobs;  ///< that hold its chunks
};

/// The outline of a layer, be it a base image's (layerfs/layer_outline.h): who has it need not bring the layer to
/// copy onto it.
struct PackedOutline {
  layerfs::DiffId diffId;
  layerfs::Descriptor blob;
};

struct CachePack {
  std::vector<PackedRecord> records;
  std::vector<PackedBuild> builds;  ///< newest first
  std::vector<PackedMount> mounts;
  std::vector<PackedOutline> outlines;
  bool empty() const { return records.empty() && builds.empty() && mounts.empty(); }
};

/// The media types of a cache's own blobs.
namespace cachemedia {
inline constexpr llvm::StringLiteral kConfig = "application/vnd.strata.cache.config.v1+json";
inline constexpr llvm::StringLiteral kPack = "application/vnd.strata.cache.pack.v1+zstd";
inline constexpr llvm::StringLiteral kTrees = "application/vnd.strata.cache.trees.v1+zstd";
inline constexpr llvm::StringLiteral kMountIndex = "application/vnd.strata.cache.mount.v1+zstd";
inline constexpr llvm::StringLiteral kOutline = "application/vnd.strata.cache.outline.v1.tar+zstd";
inline constexpr llvm::StringLiteral kChunks = "application/vnd.strata.cache.chunks.v1";
}  // namespace cachemedia

/// The same pack gives the same bytes.
llvm::Expected<std::string> encodePack(const CachePack& pack);
/// Reads what anybody may have written: sizes, numbers and counts are bounded; a member that is no record, build or
/// mount is left out. Faults: Invalid for what is no pack, Unsupported for a newer one.
llvm::Expected<CachePack> decodePack(llvm::StringRef bytes);

/// Without compression: what an image's configuration carries (type=inline).
std::string printPack(const CachePack& pack);
llvm::Expected<CachePack> parsePack(llvm::StringRef json);

/// Compresses and inflates the cache's small documents.
llvm::Expected<std::string> compressed(llvm::StringRef bytes);
llvm::Expected<std::string> inflated(llvm::StringRef bytes, size_t limit);

/// Media type, digest and size of these bytes.
layerfs::Descriptor describe(llvm::StringRef bytes, llvm::StringRef mediaType);

}  // namespace strata::builder
