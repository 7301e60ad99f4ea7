#include "support/database.h"

#include "support/crash_point.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/foreign_database.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/Twine.h>

#include <fcntl.h>
#include <sqlite3.h>

#include <chrono>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

namespace strata {

namespace {
llvm::Error sqliteFault(sqlite3* connection, int code, const llvm::Twine& doing) {
  FaultKind kind = FaultKind::Io;
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      kind = FaultKind::Exists;
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      kind = FaultKind::Unavailable;
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      kind = FaultKind::Corrupt;
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      kind = FaultKind::Denied;
      break;
    default:
      break;
  }
  const char* way = (code & 0xff) == SQLITE_FULL ? "; free some space (strata system prune)" : "";
  return fault(kind, doing + ": " + (connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code)) + way);
}
}  // namespace

namespace {
/// The next to open the file will mend it.
void markIfDamaged(const std::string& path, int code) {
  int kind = code & 0xff;
  if (kind != SQLITE_CORRUPT && kind != SQLITE_NOTADB) return;
  if (auto mark = openFile(Database::damageMark(path), O_WRONLY | O_CREAT, 0600); !mark)
    llvm::consumeError(mark.takeError());
}
}  // namespace

struct Statement::Handle {
  sqlite3* connection = nullptr;
  sqlite3_stmt* statement = nullptr;
  /// Where a finished statement goes to be used again: preparing costs more than most of our queries.
  std::multimap<std::string, sqlite3_stmt*>* pool = nullptr;
  /// From its making to its end: a transaction that begins beside a query that is still read is refused at once where
  /// another process writes, instead of waiting for that.
  std::unique_lock<std::recursive_mutex> lock;
  const std::string* path = nullptr;  ///< of the file
  std::string sql;
  int next = 1;

  ~Handle() {
    if (!statement) return;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    pool->emplace(std::move(sql), statement);
  }
};

namespace {
/// Frames of the write-ahead log: every process reads them all once when it opens the file, so few are left behind; and
/// a long transaction's are folded in while it goes on, so that they never fill the disk.
constexpr int kFramesLeftBehind = 256;
constexpr int kFramesWhileWorking = 4096;
}  // namespace

struct Database::Handle {
  sqlite3* connection = nullptr;
  std::string path;
  int frames = 0;  ///< in the write-ahead log after our last commit

  static int onCommit(void* self, sqlite3* connection, const char*, int frames) {
    static_cast<Handle*>(self)->frames = frames;
    if (frames >= kFramesWhileWorking)
      sqlite3_wal_checkpoint_v2(connection, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    return SQLITE_OK;
  }

  static int beforeCommit(void*) {
    crashPoint();
    return 0;
  }

  std::multimap<std::string, sqlite3_stmt*> pool;

  void emptyPool() {
    for (auto& [sql, statement] : pool) sqlite3_finalize(statement);
    pool.clear();
  }
};

Statement::Statement(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;
Statement::~Statement() = default;

Statement& Statement::bind(int64_t value) {
  sqlite3_bind_int64(handle_->statement, handle_->next++, value);
  return *this;
}
Statement& Statement::bind(llvm::StringRef text) {
  sqlite3_bind_text64(handle_->statement, handle_->next++, text.data() ? text.data() : "", text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bindBlob(llvm::StringRef bytes) {
  sqlite3_bind_blob64(handle_->statement, handle_->next++, bytes.data() ? bytes.data() : "", bytes.size(),
                      SQLITE_TRANSIENT);
  return *this;
}
Statement& Statement::bindColumn(const Statement& row, int column) {
  sqlite3_bind_value(handle_->statement, handle_->next++, sqlite3_column_value(row.handle_->statement, column));
  return *this;
}
Statement& Statement::bindNull() {
  sqlite3_bind_null(handle_->statement, handle_->next++);
  return *this;
}

llvm::Expected<bool> Statement::step() {
  int code = sqlite3_step(handle_->statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  markIfDamaged(*handle_->path, code);
  return sqliteFault(handle_->connection, code, "store metadata");
}
llvm::Error Statement::run() {
  auto row = step();
  if (!row) return row.takeError();
  rewind();
  return llvm::Error::success();
}
void Statement::rewind() {
  sqlite3_reset(handle_->statement);
  handle_->next = 1;
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_->statement, column); }
llvm::StringRef Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(handle_->statement, column);
  return {static_cast<const char*>(bytes), size_t(sqlite3_column_bytes(handle_->statement, column))};
}
Digest Statement::digest(int column) const {
  llvm::StringRef raw = text(column);
  std::array<uint8_t, Digest::kSize> bytes{};
  if (raw.size() == bytes.size()) std::memcpy(bytes.data(), raw.data(), raw.size());
  return Digest(bytes);
}
bool Statement::isNull(int column) const { return sqlite3_column_type(handle_->statement, column) == SQLITE_NULL; }

int Statement::columns() const { return sqlite3_column_count(handle_->statement); }

Database::Database(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Database::~Database() {
  handle_->emptyPool();
  if (handle_->frames >= kFramesLeftBehind) {
    sqlite3_busy_timeout(handle_->connection, 0);  // another process at work will do it instead
    sqlite3_wal_checkpoint_v2(handle_->connection, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  }
  sqlite3_close(handle_->connection);
}

namespace {
/// Connections that turn on a new file's log at the same time can meet in a way that SQLite does not wait out: each has
/// the lock that the other needs, and gives up at once whatever its timeout.
llvm::Error turnOnLog(Database& database) {
  constexpr std::chrono::milliseconds kPause(10);
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    auto error = database.execute("PRAGMA journal_mode=WAL");
    bool again = error && kindOf(error) == FaultKind::Unavailable && std::chrono::steady_clock::now() < end;
    if (!again) return error;
    llvm::consumeError(std::move(error));
    std::this_thread::sleep_for(kPause);
  }
}
}  // namespace

llvm::Expected<std::unique_ptr<Database>> Database::open(const std::string& path) {
  auto handle = std::make_unique<Handle>();
  handle->path = path;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  int code = sqlite3_open_v2(path.c_str(), &handle->connection, flags, nullptr);
  if (code != SQLITE_OK) {
    auto error = sqliteFault(handle->connection, code, "open " + path);
    sqlite3_close(handle->connection);
    return error;
  }
  sqlite3_busy_timeout(handle->connection, 30'000);
  // The write-ahead log stays when the last connection closes: folding it into the file syncs, which would cost every
  // command milliseconds. Who closes after it has grown does it for those before (~Database).
  sqlite3_db_config(handle->connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_hook(handle->connection, &Handle::onCommit, handle.get());
  sqlite3_commit_hook(handle->connection, &Handle::beforeCommit, nullptr);
  std::unique_ptr<Database> database(new Database(std::move(handle)));
  // NORMAL in WAL mode: no sync at commit; a crash of the machine may lose the last commits, never tear one.
  auto error = turnOnLog(*database);
  if (!error) error = database->execute("PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-8192;");
  if (error) return withContext(std::move(error), path);
  return database;
}

llvm::Error Database::migrate(llvm::StringRef component, llvm::ArrayRef<llvm::StringRef> steps) {
  auto versionOf = [&]() -> llvm::Expected<int64_t> {
    auto find = prepare("SELECT version FROM schema_version WHERE component = ?");
    if (!find) {
      llvm::consumeError(find.takeError());  // a new file
      return 0;
    }
    auto row = find->bind(component).step();
    if (!row) return row.takeError();
    return *row ? find->integer(0) : 0;
  };
  auto have = versionOf();
  if (!have) return have.takeError();
  if (*have == int64_t(steps.size())) return llvm::Error::success();
  return transact([&]() -> llvm::Error {
    if (auto error = execute("CREATE TABLE IF NOT EXISTS schema_version"
                             "(component TEXT PRIMARY KEY, version INTEGER NOT NULL)"))
      return error;
    auto version = versionOf();  // again, now that nobody else can migrate
    if (!version) return version.takeError();
    if (*version > int64_t(steps.size()))
      return fault(FaultKind::Unsupported, "the store's " + component + " tables have version " +
                                               llvm::Twine(*version) + ", this strata knows " +
                                               llvm::Twine(steps.size()) +
                                               "; use the newer strata or another STRATA_ROOT");
    for (llvm::StringRef step : steps.drop_front(size_t(*version)))
      if (auto error = execute(step)) return withContext(std::move(error), "bring up the " + component + " tables");
    auto write = prepare("INSERT OR REPLACE INTO schema_version VALUES (?, ?)");
    if (!write) return write.takeError();
    return write->bind(component).bind(int64_t(steps.size())).run();
  });
}

llvm::Expected<Statement> Database::prepare(llvm::StringRef sql) {
  auto handle = std::make_unique<Statement::Handle>();
  handle->lock = std::unique_lock(mutex_);
  handle->connection = handle_->connection;
  handle->pool = &handle_->pool;
  handle->path = &handle_->path;
  handle->sql = sql.str();
  if (auto ready = handle_->pool.find(handle->sql); ready != handle_->pool.end()) {
    handle->statement = ready->second;
    handle_->pool.erase(ready);
    return Statement(std::move(handle));
  }
  int code = sqlite3_prepare_v2(handle_->connection, sql.data(), int(sql.size()), &handle->statement, nullptr);
  if (code != SQLITE_OK) {
    markIfDamaged(handle_->path, code);
    return sqliteFault(handle_->connection, code, "prepare '" + sql + "'");
  }
  return Statement(std::move(handle));
}

llvm::Error Database::execute(llvm::StringRef sql) {
  std::lock_guard lock(mutex_);
  int code = sqlite3_exec(handle_->connection, sql.str().c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return llvm::Error::success();
  markIfDamaged(handle_->path, code);
  return sqliteFault(handle_->connection, code, "store metadata");
}

llvm::Error Database::transact(llvm::function_ref<llvm::Error()> body) {
  std::lock_guard lock(mutex_);
  if (depth_ > 0) {
    ++depth_;
    auto error = body();
    --depth_;
    return error;
  }
  if (auto error = execute("BEGIN IMMEDIATE")) return error;
  ++depth_;
  auto error = body();
  --depth_;
  if (!error) error = execute("COMMIT");
  if (!error) return error;
  llvm::consumeError(execute("ROLLBACK"));
  handle_->emptyPool();  // of statements on tables that are not there after all
  return error;
}

// --- Databases from outside ---

namespace {
struct Closer {
  void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// Called every kStepsBetweenCalls steps of a query; 100,000 rows take some twenty calls.
constexpr int kStepsBetweenCalls = 100'000, kMostCalls = 300;
constexpr int kLongestForeignValue = 64 << 20;
int isTooLong(void* calls) { return ++*static_cast<int*>(calls) > kMostCalls; }

llvm::Expected<std::unique_ptr<sqlite3, Closer>> openForeign(std::string& bytes) {
  constexpr size_t kHeader = 100, kWriteFormat = 18, kReadFormat = 19;
  if (bytes.size() < kHeader) return fault(FaultKind::Corrupt, "no SQLite database: it is too short");
  bytes[kWriteFormat] = bytes[kReadFormat] = 1;  // without a log beside it, which memory cannot have
  sqlite3* opened = nullptr;
  int code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<sqlite3, Closer> connection(opened);
  if (code == SQLITE_OK)
    code = sqlite3_deserialize(opened, "main", reinterpret_cast<unsigned char*>(bytes.data()), int64_t(bytes.size()),
                               int64_t(bytes.size()), SQLITE_DESERIALIZE_READONLY);
  if (code != SQLITE_OK) return sqliteFault(opened, code, "open a database");
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, kLongestForeignValue);
  sqlite3_exec(opened, "PRAGMA cell_size_check=ON; PRAGMA query_only=ON", nullptr, nullptr, nullptr);
  return connection;
}
}  // namespace

llvm::Error queryForeignDatabase(std::string bytes, const char* query,
                                 llvm::function_ref<llvm::Error(llvm::StringRef)> row) {
  auto connection = openForeign(bytes);
  if (!connection) return connection.takeError();
  int calls = 0;
  sqlite3_progress_handler(connection->get(), kStepsBetweenCalls, isTooLong, &calls);
  sqlite3_stmt* prepared = nullptr;
  int code = sqlite3_prepare_v2(connection->get(), query, -1, &prepared, nullptr);
  std::unique_ptr<sqlite3_stmt, Closer> statement(prepared);
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    code = sqlite3_step(prepared);
    if (code != SQLITE_ROW) break;
    const void* value = sqlite3_column_blob(prepared, 0);
    if (auto error = row({static_cast<const char*>(value), size_t(sqlite3_column_bytes(prepared, 0))})) return error;
  }
  if (code == SQLITE_DONE) return llvm::Error::success();
  return sqliteFault(connection->get(), code, "a database");
}

}  // namespace strata
