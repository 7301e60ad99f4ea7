#include "builder/cache/output_store.h"

namespace strata::builder {

namespace {
constexpr llvm::StringLiteral kOutputTables = R"(
  CREATE TABLE cache_scopes(scope BLOB NOT NULL, key BLOB NOT NULL REFERENCES cache_records ON DELETE CASCADE,
                            noted INTEGER NOT NULL, PRIMARY KEY(scope, key)) WITHOUT ROWID;
  CREATE INDEX cache_scopes_by_key ON cache_scopes(key);
  CREATE TABLE cache_output_trees(layer INTEGER PRIMARY KEY, shape BLOB, content BLOB);)";

constexpr llvm::StringLiteral kOfScope =
    "SELECT r.key, r.layer, r.created, r.duration, r.tree, r.facts, r.output FROM cache_scopes s "
    "JOIN cache_records r ON r.key = s.key WHERE s.scope = ?1 ";
constexpr llvm::StringLiteral kOfShape = "AND r.layer IN (SELECT layer FROM cache_output_trees WHERE shape = ?3) ";
constexpr llvm::StringLiteral kNewest = "ORDER BY s.noted DESC, r.layer DESC LIMIT ?2";

llvm::Expected<std::vector<CacheRecord>> readRecords(Statement& query) {
  std::vector<CacheRecord> records;
  for (;;) {
    auto row = query.step();
    if (!row) return row.takeError();
    if (!*row) return records;
    records.push_back(CacheRecord::read(query));
  }
}
}  // namespace

llvm::Expected<std::unique_ptr<OutputStore>> OutputStore::open(Database& database) {
  if (auto error = database.migrate("cache-outputs", {kOutputTables})) return error;
  return std::unique_ptr<OutputStore>(new OutputStore(database));
}

llvm::Error OutputStore::note(const Digest& key, llvm::ArrayRef<Digest> scopes, int64_t now) {
  auto insert = database_.prepare("INSERT OR REPLACE INTO cache_scopes(scope, key, noted) VALUES(?, ?, ?)");
  if (!insert) return insert.takeError();
  for (const Digest& scope : scopes)
    if (auto error = insert->bind(scope).bind(key).bind(now).run()) return error;
  return llvm::Error::success();
}

llvm::Expected<std::vector<CacheRecord>> OutputStore::find(const Digest& scope, size_t limit) {
  auto query = database_.prepare((kOfScope + kNewest).str());
  if (!query) return query.takeError();
  query->bind(scope).bind(int64_t(limit));
  return readRecords(*query);
}

llvm::Expected<std::vector<CacheRecord>> OutputStore::findOfShape(const Digest& scope, const Digest& shape,
                                                                  size_t limit) {
  auto query = database_.prepare((kOfScope + kOfShape + kNewest).str());
  if (!query) return query.takeError();
  query->bind(scope).bind(int64_t(limit)).bind(shape);
  return readRecords(*query);
}

llvm::Expected<bool> OutputStore::belongs(const Digest& key, const Digest& scope) {
  auto query = database_.prepare("SELECT 1 FROM cache_scopes WHERE scope = ? AND key = ?");
  if (!query) return query.takeError();
  return query->bind(scope).bind(key).step();
}

llvm::Expected<OutputTrees> OutputStore::trees(layerfs::LayerId layer) {
  auto query = database_.prepare("SELECT shape, content FROM cache_output_trees WHERE layer = ?");
  if (!query) return query.takeError();
  auto row = query->bind(layer.value).step();
  if (!row) return row.takeError();
  return *row ? OutputTrees{query->digest(0), query->digest(1)} : OutputTrees{};
}

llvm::Error OutputStore::putTrees(layerfs::LayerId layer, const OutputTrees& trees) {
  auto insert = database_.prepare(
      "INSERT INTO cache_output_trees(layer, shape, content) VALUES(?, ?, ?) ON CONFLICT(layer) DO UPDATE SET "
      "shape = coalesce(excluded.shape, shape), content = coalesce(excluded.content, content)");
  if (!insert) return insert.takeError();
  insert->bind(layer.value);
  for (const Digest& tree : {trees.shape, trees.content}) tree ? insert->bind(tree) : insert->bindNull();
  return insert->run();
}

llvm::Expected<std::vector<Digest>> OutputStore::roots() {
  auto query = database_.prepare("SELECT shape, content FROM cache_output_trees");
  if (!query) return query.takeError();
  std::vector<Digest> roots;
  for (;;) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) return roots;
    for (int column : {0, 1})
      if (!query->isNull(column)) roots.push_back(query->digest(column));
  }
}

llvm::Error OutputStore::prune() {
  return database_.execute("DELETE FROM cache_output_trees WHERE layer NOT IN (SELECT layer FROM cache_records)");
}

}  // namespace strata::builder
