#pragma once
/// \file The door to SQLite. One file in WAL mode holds all of strata's metadata; each module owns its tables and
/// brings them up by migrate(). Several processes use it at once: readers never wait, writers wait for each other up to
/// 30 seconds. A commit survives kill -9; the last few may be lost with the power, never half of one.

#include "support/damage.h"
#include "support/digest.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

namespace strata {

/// One prepared statement, bound and stepped by the thread that made it with Database::prepare; other threads' wait
/// until it is gone. Reset by rewind().
class Statement {
public:
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  /// Binds the next parameter, from 1 on. Text and blobs are copied.
  Statement& bind(int64_t value);
  Statement& bind(llvm::StringRef text);
  Statement& bindBlob(llvm::StringRef bytes);
  Statement& bind(const Digest& digest) { return bindBlob(digest.raw()); }
  Statement& bindNull();
  /// The value that another statement's row has in this column, whatever its type.
  Statement& bindColumn(const Statement& row, int column);

  /// True when there is a row to read. Faults: Exists on a broken UNIQUE, Unavailable when locked too long, Corrupt;
  /// Io.
  llvm::Expected<bool> step();
  /// For statements without rows.
  [[nodiscard]] llvm::Error run();
  void rewind();

  int64_t integer(int column) const;
  llvm::StringRef text(int column) const;  ///< text or blob; valid until the next step
  Digest digest(int column) const;         ///< a 32-byte blob; none for NULL or another length
  bool isNull(int column) const;
  int columns() const;  ///< of a row

private:
  friend class Database;
  struct Handle;
  explicit Statement(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

/// A connection. Any thread may call; calls are serialised inside, and a Transaction holds the others off.
class Database {
public:
  /// Opens or makes the file. Faults: Corrupt; Denied; Io.
  static llvm::Expected<std::unique_ptr<Database>> open(const std::string& path);
  ~Database();

  /// Brings `component`'s tables to version `steps.size()` by running the steps it has not seen, in one transaction.
  /// Faults: Unsupported if the file is of a newer version than this program knows.
  [[nodiscard]] llvm::Error migrate(llvm::StringRef component, llvm::ArrayRef<llvm::StringRef> steps);

  llvm::Expected<Statement> prepare(llvm::StringRef sql);
  /// Several statements without rows.
  [[nodiscard]] llvm::Error execute(llvm::StringRef sql);

  /// BEGIN IMMEDIATE ... COMMIT around `body`; rolled back if it fails. May nest: the outermost commits or rolls back,
  /// so a failure inside must be passed on.
  [[nodiscard]] llvm::Error transact(llvm::function_ref<llvm::Error()> body);

  /// Nobody has made a table yet.
  llvm::Expected<bool> isEmpty();
  /// Everything in the file is read and compared; what is wrong, nothing if it is sound.
  llvm::Expected<std::string> check();
  /// Gives room that deleted rows took back to the disk, the write-ahead log's too. Nobody else may have the file open.
  [[nodiscard]] llvm::Error shrink();

  /// Whether somebody met damage in the file: every Corrupt fault of a query leaves a mark beside it
  /// (`<path>-damaged`), until salvageDatabase() takes it away.
  static bool isMarkedDamaged(const std::string& path);
  static std::string damageMark(const std::string& path) { return path + "-damaged"; }

  /// Who hears of things that were found damaged on the way and dropped; gives the one who heard before.
  using DamageListener = std::function<void(const Damage&)>;
  DamageListener onDamage(DamageListener listener);
  void reportDamage(const Damage& damage);  ///< any thread
  uint64_t damageReports() const { return damageReports_; }

  /// Held over several statements that must see the same rows, where no transaction is around them. A statement alone
  /// holds it itself.
  std::recursive_mutex& mutex() { return mutex_; }

private:
  struct Handle;
  explicit Database(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
  std::recursive_mutex mutex_;
  int depth_ = 0;
  DamageListener damageListener_;
  std::atomic<uint64_t> damageReports_{0};
};

/// Makes a new file in the place of a damaged one, with every row that can still be read and whose foreign keys hold.
/// Nobody may have the file open. A crash on the way leaves the damaged file, marked as such. Gives the number of rows
/// saved. Faults: Io.
llvm::Expected<uint64_t> salvageDatabase(const std::string& path);

}  // namespace strata
