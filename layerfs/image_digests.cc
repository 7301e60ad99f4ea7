#include "layerfs/image_digests.h"

#include "layerfs/image_index.h"
#include "support/text.h"

namespace strata::layerfs {

llvm::StringRef ImageDigests::tables() {
  return R"(
  CREATE TABLE image_digests(repository TEXT NOT NULL, digest BLOB NOT NULL, image BLOB NOT NULL, seen INTEGER NOT NULL,
                             PRIMARY KEY(repository, digest, image)) WITHOUT ROWID;
  CREATE INDEX image_digests_by_image ON image_digests(image);)";
}

llvm::Error ImageDigests::put(const Digest& id, const RepositoryDigest& known) {
  auto insert = database_.prepare("INSERT OR REPLACE INTO image_digests VALUES(?, ?, ?, ?)");
  if (!insert) return insert.takeError();
  return insert->bind(llvm::StringRef(known.repository)).bind(known.digest).bind(id).bind(nowNanoseconds()).run();
}

llvm::Expected<std::vector<RepositoryDigest>> ImageDigests::of(const Digest& id) {
  auto query = database_.prepare(
      "SELECT repository, digest FROM image_digests WHERE image = ? ORDER BY repository, seen DESC, digest");
  if (!query) return query.takeError();
  query->bind(id);
  std::vector<RepositoryDigest> digests;
  for (;;) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) return digests;
    digests.push_back({query->text(0).str(), query->digest(1)});
  }
}

llvm::Expected<std::vector<Digest>> ImageDigests::find(const RepositoryDigest& known) {
  auto query = database_.prepare(
      "SELECT image FROM image_digests WHERE repository = ? AND digest = ? ORDER BY seen DESC, image");
  if (!query) return query.takeError();
  return digestsOf(query->bind(llvm::StringRef(known.repository)).bind(known.digest));
}

llvm::Error ImageDigests::remove(const Digest& id, const std::optional<std::string>& repository) {
  auto remove = database_.prepare("DELETE FROM image_digests WHERE image = ?1 AND (?2 IS NULL OR repository = ?2)");
  if (!remove) return remove.takeError();
  remove->bind(id);
  if (repository)
    remove->bind(llvm::StringRef(*repository));
  else
    remove->bindNull();
  return remove->run();
}

}  // namespace strata::layerfs
