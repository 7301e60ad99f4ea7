#include "builder/journal/dockerfile_digests.h"

namespace strata::builder {

// On disk, version 1.
namespace {
constexpr llvm::StringLiteral kDigestTable =
    "CREATE TABLE dockerfile_digests(build TEXT PRIMARY KEY REFERENCES builds(id) ON DELETE CASCADE, "
    "digest BLOB NOT NULL) WITHOUT ROWID";
}

llvm::Expected<std::unique_ptr<DockerfileDigests>> DockerfileDigests::open(Database& database) {
  if (auto error = database.migrate("dockerfile-digests", {kDigestTable})) return error;
  return std::unique_ptr<DockerfileDigests>(new DockerfileDigests(database));
}

llvm::Error DockerfileDigests::put(llvm::StringRef build, const Digest& digest) {
  auto insert = database_.prepare("INSERT OR REPLACE INTO dockerfile_digests(build, digest) VALUES(?, ?)");
  if (!insert) return insert.takeError();
  return insert->bind(build).bind(digest).run();
}

llvm::Expected<std::optional<Digest>> DockerfileDigests::find(llvm::StringRef build) {
  auto query = database_.prepare("SELECT digest FROM dockerfile_digests WHERE build = ?");
  if (!query) return query.takeError();
  auto row = query->bind(build).step();
  if (!row) return row.takeError();
  return *row ? std::optional(query->digest(0)) : std::nullopt;
}

}  // namespace strata::builder
