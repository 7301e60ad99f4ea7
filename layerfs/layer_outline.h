#pragma once
/// \file Outlines: what a layer has where, without what is in its files. An outline is a layer itself, whose files are
/// all empty, and a hundredth of the size of the other: enough to say where a path leads in a stack of layers of which
/// some are elsewhere, so that a COPY onto them need not bring them.

#include "layerfs/layer_store.h"
#include "support/bytes.h"
#include "support/database.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <vector>

namespace strata::layerfs {

/// Writes a layer's outline: an uncompressed tar. The same layer gives the same bytes. A remote layer is brought.
[[nodiscard]] llvm::Error writeOutline(Layer& layer, ByteSink& sink);

/// The outlines that a store has. Any thread.
class LayerOutlines {
public:
  /// After the LayerStore, whose layers these are.
  static llvm::Expected<std::unique_ptr<LayerOutlines>> open(Database& database, LayerStore& layers);

  llvm::Expected<bool> contains(const DiffId& of);
  /// Whether there is one that belongs to the layer's own blob (OutlineTail), fetching it where it is known by its
  /// digest alone. What cannot be fetched is not there.
  llvm::Expected<bool> bringCarried(Layer& layer);
  /// Keeps an outline of a layer that is elsewhere. It comes from outside: checked as every tar is. Whether it is the
  /// outline of that layer nobody can tell: whoever gives it is trusted as the one who gives the layer.
  [[nodiscard]] llvm::Error put(const DiffId& of, ByteSource& tar);
  /// The stack with outlines in the place of remote layers, those of their own blobs before others. What has none
  /// stays, and is brought when it is read.
  llvm::Expected<std::vector<std::shared_ptr<Layer>>> standIns(llvm::ArrayRef<std::shared_ptr<Layer>> layers);
  /// Outlines of layers that are still elsewhere: for a sweep, which would find that nothing names them.
  llvm::Expected<std::vector<LayerId>> inUse();

private:
  LayerOutlines(Database& database, LayerStore& layers) : database_(database), layers_(layers) {}
  llvm::Expected<std::shared_ptr<Layer>> find(const Digest& of);
  llvm::Expected<std::shared_ptr<Layer>> standInFor(Layer& layer);
  [[nodiscard]] llvm::Error putAs(const Digest& key, ByteSource& tar);
  Database& database_;
  LayerStore& layers_;
};

}  // namespace strata::layerfs
