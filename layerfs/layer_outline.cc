/// Table `layer_outlines`, version 1. diff_id: of the layer, or the digest of the tail that the outline came as;
/// outline: the number of the layer that is the outline, which may have been removed.
#include "layerfs/layer_outline.h"

#include "layerfs/layer_tar.h"
#include "layerfs/outline_tail.h"
#include "layerfs/stored_layer.h"
#include "support/fault.h"

#include <set>

namespace strata::layerfs {

namespace {
constexpr llvm::StringLiteral kOutlineTables =
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
  if (auto error = database.migrate("layer_outlines", {kOutlineTables})) return error;
  return std::unique_ptr<LayerOutlines>(new LayerOutlines(database, layers));
}

/// Null: there is none any more.
llvm::Expected<std::shared_ptr<Layer>> LayerOutlines::find(const Digest& of) {
  LayerId id;
  {
    auto query = database_.prepare("SELECT outline FROM layer_outlines WHERE diff_id = ?");
    if (!query) return query.takeError();
    auto row = query->bind(of).step();
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
  auto layer = find(of.digest);
  if (!layer) return layer.takeError();
  return *layer != nullptr;
}

llvm::Error LayerOutlines::put(const DiffId& of, ByteSource& tar) {
  auto error = putAs(of.digest, tar);
  return error ? withContext(std::move(error), "outline of " + of.digest.str()) : llvm::Error::success();
}

llvm::Error LayerOutlines::putAs(const Digest& key, ByteSource& tar) {
  auto layer = layers_.addTar(tar);
  if (!layer) return layer.takeError();
  auto insert = database_.prepare("INSERT OR REPLACE INTO layer_outlines VALUES(?, ?)");
  if (!insert) return insert.takeError();
  return insert->bind(key).bind((*layer)->id().value).run();
}

namespace {
std::optional<OutlineTail> carriedBy(const Layer& layer) {
  auto told = layer.toldBlob();
  return told ? outlineTailOf(*told) : std::nullopt;
}

llvm::Expected<std::string> fetchTail(LayerSource& source, const LayerBlob& blob, const OutlineTail& tail) {
  auto end = source.openEnd(blob, tail.begin, tail.digest);
  return end ? readAll(**end, kLongestOutlineTail) : end.takeError();
}
}  // namespace

llvm::Expected<bool> LayerOutlines::bringCarried(Layer& layer) {
  auto tail = carriedBy(layer);
  if (!tail) return false;
  auto known = find(tail->digest);
  if (!known) return known.takeError();
  if (*known) return true;
  auto identity = layer.tarIdentity();
  if (!identity) return identity.takeError();
  auto blobs = layers_.blobs().find(identity->diffId);
  if (!blobs) return blobs.takeError();
  LayerSource* source = layers_.source();
  for (const LayerBlob& blob : *blobs) {
    if (!source || blob.descriptor.digest != layer.toldBlob()->digest) continue;
    auto bytes = fetchTail(*source, blob, *tail);
    auto tar = bytes ? openOutlineTail(*bytes) : llvm::Expected<std::unique_ptr<ByteSource>>(bytes.takeError());
    auto error = tar ? putAs(tail->digest, **tar) : tar.takeError();
    if (!error) return true;
    if (kindOf(error) == FaultKind::Cancelled) return error;
    llvm::consumeError(std::move(error));  // the layer is brought, and what is wrong with its place said then
  }
  return false;
}

/// Null: there is none.
llvm::Expected<std::shared_ptr<Layer>> LayerOutlines::standInFor(Layer& layer) {
  if (auto tail = carriedBy(layer)) {
    auto outline = find(tail->digest);
    if (!outline || *outline) return outline;
  }
  auto identity = layer.tarIdentity();
  return identity ? find(identity->diffId.digest) : identity.takeError();
}

llvm::Expected<std::vector<std::shared_ptr<Layer>>> LayerOutlines::standIns(
    llvm::ArrayRef<std::shared_ptr<Layer>> layers) {
  std::vector<std::shared_ptr<Layer>> stack;
  for (const std::shared_ptr<Layer>& layer : layers) {
    stack.push_back(layer);
    if (layer->form() != LayerForm::Remote) continue;
    auto outline = standInFor(*layer);
    if (!outline) return outline.takeError();
    if (*outline) stack.back() = std::move(*outline);
  }
  return stack;
}

llvm::Expected<std::vector<LayerId>> LayerOutlines::inUse() {
  auto query = database_.prepare(("SELECT " + LayerRow::kColumns + " FROM layers WHERE form = -1").str());
  if (!query) return query.takeError();
  std::set<Digest> wanted;
  for (;;) {
    auto there = query->step();
    if (!there) return there.takeError();
    if (!*there) break;
    LayerRow row = LayerRow::read(*query);
    if (row.identity) wanted.insert(row.identity->diffId.digest);
    auto tail = row.toldBlob ? outlineTailOf(*row.toldBlob) : std::nullopt;
    if (tail) wanted.insert(tail->digest);
  }
  auto outlines = database_.prepare("SELECT diff_id, outline FROM layer_outlines");
  if (!outlines) return outlines.takeError();
  std::vector<LayerId> used;
  for (;;) {
    auto there = outlines->step();
    if (!there) return there.takeError();
    if (!*there) return used;
    if (wanted.count(outlines->digest(0))) used.push_back({outlines->integer(1)});
  }
}

}  // namespace strata::layerfs
