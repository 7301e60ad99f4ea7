#include "builder/cache/record_store.h"

#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

namespace {
constexpr llvm::StringLiteral kRecordTables = R"(
  CREATE TABLE cache_records(key BLOB PRIMARY KEY, layer INTEGER NOT NULL, created INTEGER NOT NULL,
                             duration INTEGER NOT NULL, used INTEGER NOT NULL, tree BLOB, facts BLOB) WITHOUT ROWID;
  CREATE TABLE cache_aliases(alias BLOB PRIMARY KEY,
                             key BLOB NOT NULL REFERENCES cache_records ON DELETE CASCADE) WITHOUT ROWID;
  CREATE INDEX cache_aliases_by_key ON cache_aliases(key);
  CREATE TABLE cache_first_seen(key BLOB PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;)";
constexpr llvm::StringLiteral kOutputs = "ALTER TABLE cache_records ADD COLUMN output BLOB";
constexpr llvm::StringLiteral kRemovals = R"(
  CREATE TABLE cache_removals(key BLOB PRIMARY KEY, kind INTEGER NOT NULL, at INTEGER NOT NULL,
                              reason TEXT NOT NULL) WITHOUT ROWID;)";
/// Notes of removed records that are kept, some 150 bytes each.
constexpr int64_t kMostRemovals = 20'000;

llvm::Expected<std::optional<CacheRecord>> readRecord(Statement& statement) {
  auto row = statement.step();
  if (!row) return row.takeError();
  if (!*row) return std::nullopt;
  return CacheRecord::read(statement);
}
}  // namespace

CacheRecord CacheRecord::read(const Statement& row) {
  return {.key = row.digest(0),
          .layer = {row.integer(1)},
          .created = row.integer(2),
          .duration = row.integer(3),
          .tree = row.digest(4),
          .facts = row.digest(5),
          .output = row.digest(6)};
}

Digest noOutput() {
  static const Digest digest = digestOf("strata-no-output-1");
  return digest;
}

llvm::Expected<std::unique_ptr<RecordStore>> RecordStore::open(Database& database) {
  if (auto error = database.migrate("cache", {kRecordTables, kOutputs, kRemovals})) return error;
  return std::unique_ptr<RecordStore>(new RecordStore(database));
}

llvm::Expected<std::optional<CacheRecord>> RecordStore::find(const Digest& key) {
  auto query =
      database_.prepare("SELECT key, layer, created, duration, tree, facts, output FROM cache_records WHERE key = ?");
  if (!query) return query.takeError();
  query->bind(key);
  return readRecord(*query);
}

llvm::Expected<std::optional<CacheRecord>> RecordStore::findByAlias(const Digest& alias) {
  auto query = database_.prepare(
      "SELECT r.key, r.layer, r.created, r.duration, r.tree, r.facts, r.output FROM cache_aliases a JOIN cache_records "
      "r ON "
      "r.key = a.key "
      "WHERE a.alias = ?");
  if (!query) return query.takeError();
  query->bind(alias);
  return readRecord(*query);
}

llvm::Error RecordStore::put(const CacheRecord& record, int64_t used) {
  auto insert = database_.prepare(
      "INSERT OR REPLACE INTO cache_records(key, layer, created, duration, used, tree, facts, output) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.takeError();
  insert->bind(record.key).bind(record.layer.value).bind(record.created).bind(record.duration);
  return insert->bind(std::max(used, record.created)).bind(record.tree).bind(record.facts).bind(record.output).run();
}

llvm::Error RecordStore::putAlias(const Digest& alias, const Digest& key) {
  auto insert = database_.prepare("INSERT OR REPLACE INTO cache_aliases VALUES(?, ?)");
  if (!insert) return insert.takeError();
  return insert->bind(alias).bind(key).run();
}

llvm::Error RecordStore::remove(const Digest& key, const RecordRemoval& why) {
  return database_.transact([&]() -> llvm::Error {
    auto note = database_.prepare("INSERT OR REPLACE INTO cache_removals(key, kind, at, reason) VALUES(?, ?, ?, ?)");
    if (!note) return note.takeError();
    note->bind(key).bind(int64_t(why.kind)).bind(why.at).bind(llvm::StringRef(why.reason));
    if (auto error = note->run()) return error;
    auto statement = database_.prepare("DELETE FROM cache_records WHERE key = ?");
    if (!statement) return statement.takeError();
    return statement->bind(key).run();
  });
}

llvm::Expected<std::optional<RecordRemoval>> RecordStore::findRemoval(const Digest& key) {
  auto query = database_.prepare("SELECT kind, at, reason FROM cache_removals WHERE key = ?");
  if (!query) return query.takeError();
  auto row = query->bind(key).step();
  if (!row) return row.takeError();
  if (!*row) return std::nullopt;
  using Kind = RecordRemoval::Kind;
  int64_t kind = query->integer(0);
  bool known = kind >= 0 && kind <= int64_t(Kind::Damaged);
  return RecordRemoval{known ? Kind(kind) : Kind::Pruned, query->integer(1), query->text(2).str()};
}

llvm::Error RecordStore::tidyRemovals() {
  return database_.transact([&]() -> llvm::Error {
    if (auto error = database_.execute("DELETE FROM cache_removals WHERE key IN (SELECT key FROM cache_records)"))
      return error;
    auto trim = database_.prepare(
        "DELETE FROM cache_removals WHERE key IN (SELECT key FROM cache_removals ORDER BY at DESC LIMIT -1 OFFSET ?)");
    if (!trim) return trim.takeError();
    return trim->bind(kMostRemovals).run();
  });
}

llvm::Expected<int64_t> RecordStore::firstSeen(const Digest& key, int64_t now) {
  auto insert = database_.prepare("INSERT OR IGNORE INTO cache_first_seen VALUES(?, ?)");
  if (!insert) return insert.takeError();
  auto query = database_.prepare("SELECT time FROM cache_first_seen WHERE key = ?");
  if (!query) return query.takeError();
  for (int attempt = 0;; ++attempt) {  // look first: the usual answer needs no write
    auto row = query->bind(key).step();
    if (!row) return row.takeError();
    if (*row) return query->integer(0);
    query->rewind();
    if (attempt > 0) return now;
    if (auto error = insert->bind(key).bind(now).run()) return error;
  }
}

llvm::Error RecordStore::touch(llvm::ArrayRef<Digest> keys, int64_t now) {
  return database_.transact([&]() -> llvm::Error {
    auto update = database_.prepare("UPDATE cache_records SET used = ? WHERE key = ?");
    if (!update) return update.takeError();
    for (const Digest& key : keys)
      if (auto error = update->bind(now).bind(key).run()) return error;
    return llvm::Error::success();
  });
}

llvm::Expected<std::vector<layerfs::LayerId>> RecordStore::layers() {
  auto query = database_.prepare("SELECT DISTINCT layer FROM cache_records ORDER BY layer");
  if (!query) return query.takeError();
  std::vector<layerfs::LayerId> layers;
  for (;;) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) return layers;
    layers.push_back({query->integer(0)});
  }
}

llvm::Expected<std::vector<RecordStore::Use>> RecordStore::list() {
  auto query = database_.prepare("SELECT key, layer, created, duration, tree, facts, output, used FROM cache_records");
  if (!query) return query.takeError();
  std::vector<Use> uses;
  for (;;) {
    auto record = readRecord(*query);
    if (!record) return record.takeError();
    if (!*record) return uses;
    uses.push_back({**record, query->integer(7)});
  }
}

llvm::Expected<uint64_t> RecordStore::count() {
  auto query = database_.prepare("SELECT count(*) FROM cache_records");
  if (!query) return query.takeError();
  auto row = query->step();
  if (!row) return row.takeError();
  return uint64_t(query->integer(0));
}

llvm::Expected<uint64_t> RecordStore::prune(std::optional<int64_t> unusedSince, llvm::StringRef reason) {
  uint64_t before = 0, after = 0;
  auto error = database_.transact([&]() -> llvm::Error {
    auto had = count();
    if (!had) return had.takeError();
    int64_t until = unusedSince.value_or(INT64_MAX);
    auto note = database_.prepare(
        "INSERT OR REPLACE INTO cache_removals(key, kind, at, reason) SELECT key, ?, ?, ? FROM cache_records "
        "WHERE used < ?");
    if (!note) return note.takeError();
    note->bind(int64_t(RecordRemoval::Kind::Pruned)).bind(nowNanoseconds()).bind(reason).bind(until);
    if (auto failed = note->run()) return failed;
    auto remove = database_.prepare("DELETE FROM cache_records WHERE used < ?");
    if (!remove) return remove.takeError();
    if (auto failed = remove->bind(until).run()) return failed;
    auto has = count();
    if (!has) return has.takeError();
    before = *had;
    after = *has;
    return unusedSince ? llvm::Error::success() : database_.execute("DELETE FROM cache_first_seen");
  });
  if (error) return error;
  return before - after;
}

}  // namespace strata::builder
