#pragma once
/// \file What the early cutoff looks up: which records are like one another (by scope), and the trees of their layers'
/// files, as far as somebody had to ask for them.

#include "builder/cache/record_store.h"

#include <llvm/ADT/ArrayRef.h>

namespace strata::builder {

/// Roots of the trees of a layer's files, times apart; none until computed.
struct OutputTrees {
  Digest shape;    ///< all but what is in the files
  Digest content;  ///< all
};

class OutputStore {
public:
  /// After RecordStore::open, whose table it refers to.
  static llvm::Expected<std::unique_ptr<OutputStore>> open(Database& database);

  /// Says that the record of this key, which must be there, belongs to these scopes since `now`.
  [[nodiscard]] llvm::Error note(const Digest& key, llvm::ArrayRef<Digest> scopes, int64_t now);
  /// Records of one scope, newest first, at most `limit`.
  llvm::Expected<std::vector<CacheRecord>> find(const Digest& scope, size_t limit);
  /// Of those the ones whose layers are known to have this shape.
  llvm::Expected<std::vector<CacheRecord>> findOfShape(const Digest& scope, const Digest& shape, size_t limit);
  llvm::Expected<bool> belongs(const Digest& key, const Digest& scope);

  llvm::Expected<OutputTrees> trees(layerfs::LayerId layer);
  /// What is none stays as it was.
  [[nodiscard]] llvm::Error putTrees(layerfs::LayerId layer, const OutputTrees& trees);
  /// The roots of all trees that are known.
  llvm::Expected<std::vector<Digest>> roots();
  /// Forgets the trees of layers that no record names.
  [[nodiscard]] llvm::Error prune();

private:
  explicit OutputStore(Database& database) : database_(database) {}
  Database& database_;
};

}  // namespace strata::builder
