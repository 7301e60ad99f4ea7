#pragma once
/// \file The files of a result as one tree: its layers mounted over one another, read-only and out of sight.

#include "builder/export/platform_result.h"
#include "layerfs/layer_walk.h"
#include "layerfs/snapshot.h"
#include "layerfs/store.h"

#include <llvm/Support/Error.h>

#include <memory>

namespace strata::builder {

class MergedFiles {
public:
  static llvm::Expected<MergedFiles> open(layerfs::Store& store, const PlatformResult& result);

  /// Every file in pathLess order, the root first, further names of one file as hard links; no removals. Nothing for a
  /// result without layers.
  [[nodiscard]] llvm::Error walk(layerfs::FileVisitor visit) const;

private:
  explicit MergedFiles(std::unique_ptr<layerfs::Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}
  std::unique_ptr<layerfs::Snapshot> snapshot_;  ///< null: there are no layers
};

}  // namespace strata::builder
