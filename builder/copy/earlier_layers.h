#pragma once
/// \file What a copy has of the layers that earlier builds made of the same files. Contents come out of their tars,
/// read from front to back, where opening each file takes most of the time that a copy of many small files takes. And
/// the new tar mostly begins as the last one did, which need not be hashed again.

#include "builder/context/source_tree.h"
#include "layerfs/layer_store.h"
#include "layerfs/tar_pipeline.h"

#include <map>
#include <optional>

namespace strata::builder {

/// The layers that one copy takes from, open until it ends. One thread.
class EarlierLayers {
public:
  enum class Contents { Taken, Read };  ///< Read: every file is to be, whoever has it already
  EarlierLayers(layerfs::LayerStore& layers, Contents contents) : layers_(layers), contents_(contents) {}

  /// The content of a file whose place its tree knows. Nothing: it is to be read, the layer is gone, or may not be what
  /// it was.
  std::optional<layerfs::StoredContent> find(const SourceTree& tree, const SourceNode& node);
  /// The tar that the one to be made of these sources is probably like; null: there is none.
  const layerfs::KnownTar* likely(const Selection& selection);

private:
  struct Tar {
    layerfs::KnownTar known;
    layerfs::PassedPages passed;
  };
  Tar& tarOf(const Digest& diffId);

  layerfs::LayerStore& layers_;
  Contents contents_;
  std::map<Digest, Tar> tars_;
};

}  // namespace strata::builder
