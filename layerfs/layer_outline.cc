/// Table `layer_outlines`, version 1. diff_id: of the layer; outline: the number of the layer that is its outline,
/// which may have been removed.
#include "layerfs/layer_outline.h"

#include "layerfs/image_index.h"
#include "layerfs/layer_tar.h"
#include "support/fault.h"

namespace strata::layerfs {

namespace {
constexpr llvm::StringLiteral kSchema =
    "CREATE TABLE layer_outlines(diff_id BLOB PRIMARY KEY, outline INTEGER NOT NULL) WITHOUT ROWID";
}

llvm::Error writeOutline(Layer& layer, ByteSink& sink) {
  LayerTarWriter tar(sink);
  auto error = layer.walk([&](const LayerEntry& entry, ByteSource&) {
    if (entry.kind != EntryKind::File) return tar.add(entry, nullptr);
    LayerEntry empty = entry;
    empty.size = 0;
    StringSource nothing("");
    return tar.add(empty, &nothing);
  });
  if (error) return error;
  return tar.finish();
}

llvm::Expected<std::unique_ptr<LayerOutlines>> LayerOutlines::open(Database& database, LayerStore& layers) {
  if (auto error = database.migrate("layer_outlines", {kSchema})) return error;
  return std::unique_ptr<LayerOutlines>(new LayerOutlines(database, layers));
}

/// Null: there is none any more.
llvm::Expected<std::shared_ptr<Layer>> LayerOutlines::find(const DiffId& of) {
  LayerId id;
  {
    std::lock_guard lock(database_.mutex());
    auto query = database_.prepare("SELECT outline FROM layer_outlines WHERE diff_id = ?");
    if (!query) return query.takeError();
    auto row = query->bind(of.digest).step();
    if (!row) return row.takeError();
    if (!*row) return nullptr;
    id = {query->integer(0)};
  }
  auto layer = layers_.load(id);
  if (layer) return layer;
  auto error = layer.takeError();
  if (takeIf(error, FaultKind::NotFound)) return nullptr;
  return error;
}

llvm::Expected<bool> LayerOutlines::contains(const DiffId& of) {
  auto layer = find(of);
  if (!layer) return layer.takeError();
  return *layer != nullptr;
}

llvm::Error LayerOutlines::put(const DiffId& of, ByteSource& tar) {
  auto layer = layers_.addTar(tar);
  if (!layer) return withContext(layer.takeError(), "outline of " + of.digest.str());
  std::lock_guard lock(database_.mutex());
  auto insert = database_.prepare("INSERT OR REPLACE INTO layer_outlines VALUES(?, ?)");
  if (!insert) return insert.takeError();
  return insert->bind(of.digest).bind((*layer)->id().value).run();
}

llvm::Expected<std::vector<std::shared_ptr<Layer>>> LayerOutlines::standIns(
    llvm::ArrayRef<std::shared_ptr<Layer>> layers) {
  std::vector<std::shared_ptr<Layer>> stack;
  for (const std::shared_ptr<Layer>& layer : layers) {
    stack.push_back(layer);
    if (layer->form() != LayerForm::Remote) continue;
    auto identity = layer->tarIdentity();
    if (!identity) return identity.takeError();
    auto outline = find(identity->diffId);
    if (!outline) return outline.takeError();
    if (*outline) stack.back() = std::move(*outline);
  }
  return stack;
}

llvm::Expected<std::vector<LayerId>> LayerOutlines::inUse() {
  std::lock_guard lock(database_.mutex());
  auto query = database_.prepare(
      "SELECT outline FROM layer_outlines JOIN layers ON layers.diff_id = layer_outlines.diff_id WHERE layers.form = "
      "-1");
  if (!query) return query.takeError();
  return layerIdsOf(*query);
}

}  // namespace strata::layerfs
