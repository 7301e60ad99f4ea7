#pragma once
/// \file What of a store can be made or brought again, with what that would cost: the candidates of a prune.

#include "layerfs/store.h"
#include "support/digest.h"

#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// One thing that a later build would make or bring again.
struct Holding {
  enum class Kind { Layer, CacheMount, Download, Checkout, Mirror, StatIndex, RemoteCache };
  Kind kind = Kind::Layer;
  std::string name;          ///< what a person calls it
  std::string path;          ///< of all but layers: below the store's root
  uint64_t bytes = 0;        ///< on disk
  double seconds = 0;        ///< to have it again: measured for a layer, by a rule of thumb for the others
  int64_t lastUse = 0;       ///< nanoseconds since 1970
  bool inUse = false;        ///< by a running build
  bool ofImage = false;      ///< Layer: an image has it too, so that its going frees nothing
  layerfs::LayerId layer;    ///< Layer
  std::vector<Digest> keys;  ///< Layer: of the records that name it

  /// Seconds to have it again for each MiB, less with every day that it was not used: what is worth least goes first.
  double value(int64_t now) const;
};

llvm::StringRef nameOf(Holding::Kind kind);

/// Least valuable first.
llvm::Expected<std::vector<Holding>> takeInventory(layerfs::Store& store);

}  // namespace strata::builder
