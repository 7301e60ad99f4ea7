/// Table `layer_blobs`, version 3. diff_id: of the layer; digest, size, media: of the blob; seen: nanoseconds since
/// 1970, when somebody last said that it is there; verified: 1 where this store knows that the blob is the layer; tail:
/// OutlineTail::str(), empty where the blob has none.
#include "layerfs/layer_blobs.h"

#include "layerfs/outline_tail.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::layerfs {

namespace {
constexpr llvm::StringLiteral kBlobTables[] = {
    "CREATE TABLE layer_blobs(diff_id BLOB NOT NULL, place TEXT NOT NULL, digest BLOB NOT NULL, size INTEGER NOT NULL,"
    " media TEXT NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY(diff_id, place, digest)) WITHOUT ROWID",
    "ALTER TABLE layer_blobs ADD COLUMN verified INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE layer_blobs ADD COLUMN tail TEXT NOT NULL DEFAULT ''"};

/// What one place is known to have is known of the others that name the same blob.
void spreadVerified(std::vector<LayerBlob>& blobs) {
  for (LayerBlob& blob : blobs) {
    if (blob.verified) continue;
    auto isSame = [&](const LayerBlob& other) {
      return other.verified && other.descriptor.digest == blob.descriptor.digest;
    };
    auto same = llvm::find_if(blobs, isSame);
    if (same == blobs.end()) continue;
    blob.descriptor = same->descriptor;
    blob.verified = true;
  }
}
}  // namespace

llvm::Expected<std::unique_ptr<LayerBlobs>> LayerBlobs::open(Database& database) {
  if (auto error = database.migrate("layer_blobs", {kBlobTables[0], kBlobTables[1], kBlobTables[2]})) return error;
  return std::unique_ptr<LayerBlobs>(new LayerBlobs(database));
}

llvm::Error LayerBlobs::put(const DiffId& diffId, const LayerBlob& blob) {
  auto insert = database_.prepare(
      "INSERT INTO layer_blobs VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(diff_id, place, digest) DO UPDATE SET"
      " seen = excluded.seen,"
      " size = CASE WHEN verified > excluded.verified THEN size ELSE excluded.size END,"
      " media = CASE WHEN verified > excluded.verified THEN media ELSE excluded.media END,"
      " tail = CASE WHEN verified > excluded.verified OR excluded.tail = '' THEN tail ELSE excluded.tail END,"
      " verified = max(verified, excluded.verified)");
  if (!insert) return insert.takeError();
  insert->bind(diffId.digest).bind(llvm::StringRef(blob.place)).bind(blob.descriptor.digest);
  insert->bind(int64_t(blob.descriptor.size)).bind(llvm::StringRef(blob.descriptor.mediaType));
  auto tail = blob.verified ? outlineTailOf(blob.descriptor) : std::nullopt;
  return insert->bind(nowNanoseconds()).bind(int64_t(blob.verified)).bind(tail ? tail->str() : std::string()).run();
}

llvm::Expected<std::vector<LayerBlob>> LayerBlobs::find(const DiffId& diffId) {
  auto query = database_.prepare(
      "SELECT place, digest, size, media, verified, tail FROM layer_blobs WHERE diff_id = ?"
      " ORDER BY seen DESC, place, digest");
  if (!query) return query.takeError();
  query->bind(diffId.digest);
  std::vector<LayerBlob> blobs;
  for (;;) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) break;
    Descriptor descriptor{
        .mediaType = query->text(3).str(), .digest = query->digest(1), .size = uint64_t(query->integer(2))};
    if (!query->text(5).empty()) descriptor.annotations[kOutlineAnnotation.str()] = query->text(5).str();
    blobs.push_back({std::move(descriptor), query->text(0).str(), query->integer(4) != 0});
  }
  spreadVerified(blobs);
  return blobs;
}

llvm::Error LayerBlobs::remove(const DiffId& diffId, const LayerBlob& blob) {
  auto forget = database_.prepare("DELETE FROM layer_blobs WHERE diff_id = ? AND place = ? AND digest = ?");
  if (!forget) return forget.takeError();
  return forget->bind(diffId.digest).bind(llvm::StringRef(blob.place)).bind(blob.descriptor.digest).run();
}

llvm::Error LayerBlobs::prune() {
  return database_.execute(
      "DELETE FROM layer_blobs WHERE diff_id NOT IN (SELECT diff_id FROM layers WHERE diff_id IS NOT NULL)");
}

}  // namespace strata::layerfs
