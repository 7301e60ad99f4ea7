// What keeps a database file sound: checking it, shrinking it, saving what is left of a damaged one.
#include "support/database.h"
#include "support/fault.h"
#include "support/files.h"

#include <unistd.h>
#include <cerrno>
#include <vector>

namespace strata {

llvm::Expected<bool> Database::isEmpty() {
  std::lock_guard lock(mutex_);
  auto query = prepare("SELECT 1 FROM sqlite_master LIMIT 1");
  if (!query) return query.takeError();
  auto row = query->step();
  if (!row) return row.takeError();
  return !*row;
}

llvm::Expected<std::string> Database::check() {
  std::lock_guard lock(mutex_);
  auto query = prepare("PRAGMA integrity_check(1)");
  if (!query) return query.takeError();
  auto row = query->step();
  if (!row) {
    auto error = row.takeError();
    if (kindOf(error) != FaultKind::Corrupt) return error;
    return messageOf(std::move(error));
  }
  std::string found = *row ? query->text(0).str() : "ok";
  return found == "ok" ? "" : found;
}

llvm::Error Database::shrink() {
  std::lock_guard lock(mutex_);
  if (auto error = execute("VACUUM")) return error;
  return execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

bool Database::isMarkedDamaged(const std::string& path) { return pathExists(damageMark(path)); }

Database::DamageListener Database::onDamage(DamageListener listener) {
  std::lock_guard lock(mutex_);
  return std::exchange(damageListener_, std::move(listener));
}

void Database::reportDamage(const Damage& damage) {
  std::lock_guard lock(mutex_);
  ++damageReports_;
  if (damageListener_) damageListener_(damage);
}

namespace {
struct SchemaEntry {
  std::string type, name, sql;
};

/// Copies row by row, so that one that cannot be read costs only what lies behind it.
class Salvage {
public:
  Salvage(const std::string& damaged, Database& fresh) : damaged_(damaged), fresh_(fresh) {}

  void run() {
    readSchema();
    create("table");
    // Twice: rows may refer to tables that come later. What is there already is ignored.
    for (int pass = 0; pass < 2; ++pass)
      for (const SchemaEntry& entry : schema_)
        if (entry.type == "table") copyTable(entry.name);
    create("index");
    create("trigger");
  }
  uint64_t rows = 0;

private:
  void readSchema() {
    auto old = Database::open(damaged_);
    if (!old) return llvm::consumeError(old.takeError());  // nothing of it can be read
    auto query = (*old)->prepare(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid");
    while (query && next(*query)) schema_.push_back({query->text(0).str(), query->text(1).str(), query->text(2).str()});
    if (!query) llvm::consumeError(query.takeError());
  }

  void create(llvm::StringRef type) {
    for (const SchemaEntry& entry : schema_)
      if (entry.type == type) llvm::consumeError(fresh_.execute(entry.sql));
  }

  void copyTable(const std::string& name) {
    std::string quoted = "\"" + name + "\"";
    std::string selection = "SELECT * FROM " + quoted + " NOT INDEXED";
    if (!copyRows(selection, quoted)) copyRows(selection + " ORDER BY 1 DESC", quoted);
  }

  /// False if it met something that cannot be read. A connection that did so is of no more use.
  bool copyRows(const std::string& selection, const std::string& into) {
    auto old = Database::open(damaged_);
    if (!old) return unreadable(old.takeError());
    auto query = (*old)->prepare(selection);
    if (!query) return unreadable(query.takeError());
    std::string values = "?";
    for (int i = 1; i < query->columns(); ++i) values += ",?";
    auto insert = fresh_.prepare("INSERT OR IGNORE INTO " + into + " VALUES(" + values + ") RETURNING 1");
    if (!insert) return unreadable(insert.takeError());
    for (;;) {
      auto row = query->step();
      if (!row) return unreadable(row.takeError());
      if (!*row) return true;
      for (int i = 0; i < query->columns(); ++i) insert->bindColumn(*query, i);
      rows += next(*insert);
      insert->rewind();
    }
  }

  static bool unreadable(llvm::Error error) {
    llvm::consumeError(std::move(error));
    return false;
  }
  static bool next(Statement& query) {
    auto row = query.step();
    if (row) return *row;
    return unreadable(row.takeError());
  }

  const std::string& damaged_;
  Database& fresh_;
  std::vector<SchemaEntry> schema_;
};

llvm::Error removeFile(const std::string& path) {
  if (unlinkPath(path) == 0 || errno == ENOENT) return llvm::Error::success();
  return errnoFault("remove " + path);
}

llvm::Error removeDatabase(const std::string& path, bool itself) {
  if (itself)
    if (auto error = removeTree(path)) return error;
  for (const char* beside : {"-wal", "-shm", "-journal"})
    if (auto error = removeTree(path + beside)) return error;
  return llvm::Error::success();
}

/// All that can be read of `path`, in a file without a log of its own.
llvm::Expected<uint64_t> copyReadable(const std::string& path, const std::string& made) {
  auto fresh = Database::open(made);
  if (!fresh) return fresh.takeError();
  Salvage salvage(path, **fresh);
  auto error = (*fresh)->transact([&]() -> llvm::Error {
    salvage.run();
    return llvm::Error::success();
  });
  if (error) return error;
  if (auto error = (*fresh)->execute("PRAGMA journal_mode=DELETE")) return error;
  return salvage.rows;
}
}  // namespace

llvm::Expected<uint64_t> salvageDatabase(const std::string& path) {
  std::string made = path + ".new";
  if (auto error = removeDatabase(made, true)) return error;
  auto rows = copyReadable(path, made);
  if (!rows) return rows.takeError();
  // Marked until the end: without its log the damaged file may look sound.
  if (auto error = writeFileAtomically(Database::damageMark(path), "")) return error;
  if (auto error = removeDatabase(path, false)) return error;
  if (renamePath(made, path) != 0) return errnoFault("rename to " + path);
  if (auto error = removeDatabase(made, false)) return error;
  if (auto error = removeFile(Database::damageMark(path))) return error;
  return rows;
}

}  // namespace strata
