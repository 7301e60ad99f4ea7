#pragma once
/// \file A layer's directory, in overlay upper format, as the entries of its tar: the same, in the same order, as
/// walkLayerDirectory gives, but asked for one by one, and read by whoever opens them.

#include "layerfs/first_names.h"
#include "layerfs/tar_pipeline.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::layerfs {

class DirectoryItems {
public:
  static llvm::Expected<DirectoryItems> open(const std::string& directory);
  /// As NextTarItem.
  llvm::Expected<std::optional<TarItem>> next();

private:
  /// Where the walk stands in one directory. It is found again from the root by its path: a tree may be deeper than a
  /// process may have files open.
  struct Level {
    std::string path;
    std::vector<DirectoryName> names;
    size_t next = 0;
  };
  explicit DirectoryItems(UniqueFd root) : root_(std::make_shared<UniqueFd>(std::move(root))) {}
  llvm::Expected<TarItem> enter(LayerFile directory);
  TarItem itemOf(LayerFile file);

  std::shared_ptr<UniqueFd> root_;
  bool entered_ = false;
  std::optional<std::string> opaque_;  ///< the path of an opaque mark that is to come next
  std::vector<Level> levels_;
  FirstNames<std::pair<dev_t, ino_t>> firstNames_;
};

}  // namespace strata::layerfs
