#pragma once
/// \file Contents of files out of the layers that earlier builds made of them: the tar of a layer is read from front to
/// back where each file would be opened by itself, which takes most of the time that a copy of many small files takes.

#include "builder/context/source_tree.h"
#include "layerfs/layer_store.h"
#include "layerfs/tar_pipeline.h"

#include <map>
#include <optional>

namespace strata::builder {

/// The layers that one copy takes from, open until it ends. One thread.
class EarlierLayers {
public:
  explicit EarlierLayers(layerfs::LayerStore& layers) : layers_(layers) {}

  /// The content of a file whose place its tree knows. Nothing: the layer is gone, or may not be what it was.
  std::optional<layerfs::StoredContent> find(const SourceTree& tree, const SourceNode& node);

private:
  struct Tar {
    UniqueFd file;
    uint64_t size = 0, passed = 0;
  };
  Tar open(const Digest& diffId);
  static void giveBack(Tar& tar, uint64_t offset);

  layerfs::LayerStore& layers_;
  std::map<Digest, Tar> tars_;
};

}  // namespace strata::builder
