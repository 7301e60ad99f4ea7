/// Table `layer_blobs`, version 1. diff_id: of the layer; digest, size, media: of the blob; seen: nanoseconds since
/// 1970, when somebody last said that it is there.
#include "layerfs/layer_blobs.h"

#include "support/text.h"

namespace strata::layerfs {

namespace {
constexpr llvm::StringLiteral kSchema =
    "CREATE TABLE layer_blobs(diff_id BLOB NOT NULL, place TEXT NOT NULL, digest BLOB NOT NULL, size INTEGER NOT NULL,"
    " media TEXT NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY(diff_id, place, digest)) WITHOUT ROWID";
}

llvm::Expected<std::unique_ptr<LayerBlobs>> LayerBlobs::open(Database& database) {
  if (auto error = database.migrate("layer_blobs", {kSchema})) return error;
  return std::unique_ptr<LayerBlobs>(new LayerBlobs(database));
}

llvm::Error LayerBlobs::put(const DiffId& diffId, const LayerBlob& blob) {
  std::lock_guard lock(database_.mutex());
  auto insert = database_.prepare("INSERT OR REPLACE INTO layer_blobs VALUES(?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.takeError();
  insert->bind(diffId.digest).bind(llvm::StringRef(blob.place)).bind(blob.descriptor.digest);
  insert->bind(int64_t(blob.descriptor.size)).bind(llvm::StringRef(blob.descriptor.mediaType));
  return insert->bind(nowNanoseconds()).run();
}

llvm::Expected<std::vector<LayerBlob>> LayerBlobs::find(const DiffId& diffId) {
  std::lock_guard lock(database_.mutex());
  auto query = database_.prepare(
      "SELECT place, digest, size, media FROM layer_blobs WHERE diff_id = ? ORDER BY seen DESC, place, digest");
  if (!query) return query.takeError();
  query->bind(diffId.digest);
  std::vector<LayerBlob> blobs;
  for (;;) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) return blobs;
    Descriptor descriptor{
        .mediaType = query->text(3).str(), .digest = query->digest(1), .size = uint64_t(query->integer(2))};
    blobs.push_back({std::move(descriptor), query->text(0).str()});
  }
}

llvm::Error LayerBlobs::remove(const DiffId& diffId, const LayerBlob& blob) {
  std::lock_guard lock(database_.mutex());
  auto forget = database_.prepare("DELETE FROM layer_blobs WHERE diff_id = ? AND place = ? AND digest = ?");
  if (!forget) return forget.takeError();
  return forget->bind(diffId.digest).bind(llvm::StringRef(blob.place)).bind(blob.descriptor.digest).run();
}

llvm::Error LayerBlobs::prune() {
  return database_.execute(
      "DELETE FROM layer_blobs WHERE diff_id NOT IN (SELECT diff_id FROM layers WHERE diff_id IS NOT NULL)");
}

}  // namespace strata::layerfs
