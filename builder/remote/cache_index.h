#pragma once
/// \file The root of a shared cache: an OCI image manifest under the cache's tag. Its layers are the packs, newest
/// first, then everything that packs name (layers, trees, mounts' chunks), so that whoever collects garbage keeps it.
/// A small pack stands in its descriptor's annotation too (base64), so that one request brings all of a small cache.

#include "builder/remote/pack.h"
#include "layerfs/descriptor.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace strata::builder {

inline constexpr std::chrono::milliseconds kLongestWindow{10'000};

struct CacheIndex {
  /// No writer of this cache takes longer from reading the root to having replaced it (publish.h).
  std::chrono::milliseconds window{500};
  std::vector<layerfs::Descriptor> packs;   ///< newest first
  std::vector<layerfs::Descriptor> others;  ///< by digest
  std::set<Digest> replaced;                ///< packs whose content another one of these has taken over

  bool hasPack(const Digest& digest) const;
  bool lists(const Digest& digest) const;  ///< among the others

  /// Adds what `other` has more; what either says is replaced goes.
  void merge(const CacheIndex& other);
  /// Whether everything of `other` is here, as far as it counts: packs, or what replaced them.
  bool covers(const CacheIndex& other) const;

  std::string print() const;
  /// Faults: Invalid for what is no manifest; NotFound for one that is no cache.
  static llvm::Expected<CacheIndex> parse(llvm::StringRef json);
  static layerfs::Descriptor config();  ///< of the manifest: the bytes are "{}"
};

/// A pack's descriptor; its bytes are put beside where they are few.
layerfs::Descriptor describePack(llvm::StringRef bytes);
/// The bytes beside the descriptor, compared with it; empty: there are none.
std::string embeddedIn(const layerfs::Descriptor& pack);

}  // namespace strata::builder
