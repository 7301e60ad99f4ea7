#pragma once
/// \file Packs and trees of shared caches that were fetched or written before, by digest, below the store's
/// `cache/remote/`: what did not change is not fetched again. Gone at any time (`system prune`).

#include "support/digest.h"

#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>

namespace strata::builder {

/// Any thread, any process.
class KeptBlobs {
public:
  explicit KeptBlobs(const std::string& storeRoot);
  /// Compared with the digest; one that does not have it is dropped.
  std::optional<std::string> find(const Digest& digest) const;
  void put(const Digest& digest, llvm::StringRef bytes) const;  ///< a failure costs a later fetch

private:
  std::string directory_;
};

}  // namespace strata::builder
