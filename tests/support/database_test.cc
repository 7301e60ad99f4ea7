#include "support/database.h"

#include "tests/support/testing.h"

#include <sys/wait.h>
#include <csignal>
#include <future>
#include <thread>

namespace strata::testing {
namespace {

class DatabaseTest : public ::testing::Test {
protected:
  std::string path() const { return joinPath(directory_.path(), "db"); }
  std::unique_ptr<Database> open() { return must(Database::open(path())); }
  static int64_t numberOf(Database& database, llvm::StringRef query) {
    std::lock_guard lock(database.mutex());
    auto statement = must(database.prepare(query));
    EXPECT_TRUE(must(statement.step()));
    return statement.integer(0);
  }
  static std::unique_ptr<Database> withNumbers(std::unique_ptr<Database> database) {
    must(database->migrate("numbers", {"CREATE TABLE numbers(n INTEGER PRIMARY KEY, text TEXT)"}));
    return database;
  }
  TempDir directory_ = makeTempDir();
};

TEST_F(DatabaseTest, KeepsEveryKindOfValue) {
  auto database = open();
  must(database->execute("CREATE TABLE t(a, b, c, d, e)"));
  std::string text("nul\0 inside", 11);
  auto insert = must(database->prepare("INSERT INTO t VALUES(?, ?, ?, ?, ?)"));
  must(insert.bind(INT64_MIN).bind(llvm::StringRef(text)).bindBlob("").bind(digestOf("x")).bindNull().run());
  auto read = must(database->prepare("SELECT a, b, c, d, e FROM t"));
  ASSERT_TRUE(must(read.step()));
  EXPECT_EQ(read.integer(0), INT64_MIN);
  EXPECT_EQ(read.text(1), text);
  EXPECT_FALSE(read.isNull(2));
  EXPECT_EQ(read.digest(3), digestOf("x"));
  EXPECT_EQ(read.digest(1), Digest());  // of another length
  EXPECT_TRUE(read.isNull(4));
  EXPECT_FALSE(must(read.step()));
}

TEST_F(DatabaseTest, AStatementIsUsedAgain) {
  auto database = withNumbers(open());
  auto insert = must(database->prepare("INSERT INTO numbers(n) VALUES(?)"));
  for (int64_t n = 0; n < 10; ++n) must(insert.bind(n).run());
  EXPECT_FAULT(insert.bind(int64_t(3)).run(), FaultKind::Exists);
  insert.rewind();
  must(insert.bind(int64_t(11)).run());
  insert = must(database->prepare("INSERT INTO numbers(n) VALUES(? + 100)"));
  must(insert.bind(int64_t(0)).run());
  EXPECT_EQ(numberOf(*database, "SELECT count(*) FROM numbers"), 12);
}

TEST_F(DatabaseTest, AForgottenStatementHoldsNothingOpen) {
  auto database = withNumbers(open());
  must(database->execute("INSERT INTO numbers(n) VALUES(1), (2)"));
  { ASSERT_TRUE(must(must(database->prepare("SELECT n FROM numbers")).step())); }  // not read to its end
  must(database->execute("DROP TABLE numbers"));
}

TEST_F(DatabaseTest, WrongSqlIsAFault) {
  auto database = open();
  EXPECT_FAULT_SAYING(database->prepare("SELEKT 1"), FaultKind::Io, "SELEKT");
  EXPECT_FAULT(database->execute("SELECT * FROM none"), FaultKind::Io);
}

TEST_F(DatabaseTest, MigratingTwiceRunsEachStepOnce) {
  llvm::StringRef first = "CREATE TABLE a(x)", second = "INSERT INTO a VALUES(1)", third = "INSERT INTO a VALUES(2)";
  must(open()->migrate("a", {first, second}));
  must(open()->migrate("a", {first, second}));
  auto database = open();
  EXPECT_EQ(numberOf(*database, "SELECT sum(x) FROM a"), 1);
  must(database->migrate("a", {first, second, third}));
  EXPECT_EQ(numberOf(*database, "SELECT sum(x) FROM a"), 3);
  must(database->migrate("b", {"CREATE TABLE b(x)"}));  // each component counts for itself
  EXPECT_EQ(numberOf(*database, "SELECT version FROM schema_version WHERE component = 'a'"), 3);
}

TEST_F(DatabaseTest, ANewerVersionIsRefused) {
  must(open()->migrate("a", {"CREATE TABLE a(x)", "CREATE TABLE a2(x)"}));
  EXPECT_FAULT_SAYING(open()->migrate("a", {"CREATE TABLE a(x)"}), FaultKind::Unsupported, "version 2");
}

TEST_F(DatabaseTest, AFailedMigrationLeavesNothing) {
  auto database = open();
  EXPECT_FAULT(database->migrate("a", {"CREATE TABLE a(x)", "NONSENSE"}), FaultKind::Io);
  must(database->migrate("a", {"CREATE TABLE a(x)"}));
}

TEST_F(DatabaseTest, AFailedTransactionIsRolledBack) {
  auto database = withNumbers(open());
  auto error = database->transact([&]() -> llvm::Error {
    must(database->execute("INSERT INTO numbers(n) VALUES(1)"));
    return database->transact([&] { return fault(FaultKind::Cancelled, "no"); });
  });
  EXPECT_FAULT(std::move(error), FaultKind::Cancelled);
  must(database->transact(
      [&] { return database->transact([&] { return database->execute("INSERT INTO numbers(n) VALUES(2)"); }); }));
  EXPECT_EQ(numberOf(*open(), "SELECT sum(n) FROM numbers"), 2);
}

TEST_F(DatabaseTest, ThreadsShareAConnection) {
  auto database = withNumbers(open());
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 50; ++i)
        must(database->transact([&]() -> llvm::Error {
          auto insert = must(database->prepare("INSERT INTO numbers(n) VALUES(?)"));
          return insert.bind(t * 1000 + i).run();
        }));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(numberOf(*database, "SELECT count(*) FROM numbers"), 200);
}

TEST_F(DatabaseTest, ATransactionWaitsForAnothersBesideAThreadThatReads) {
  auto database = withNumbers(open()), other = open();
  must(database->execute("INSERT INTO numbers(n) VALUES(1), (2)"));
  std::optional<Statement> reading(must(database->prepare("SELECT n FROM numbers")));
  ASSERT_TRUE(must(reading->step()));  // there is more to read
  std::future<llvm::Error> writing;
  must(other->transact([&] {
    writing = std::async(std::launch::async, [&] {
      return database->transact([&] { return database->execute("INSERT INTO numbers(n) VALUES(3)"); });
    });
    writing.wait_for(std::chrono::milliseconds(50));
    return llvm::Error::success();
  }));
  reading.reset();
  must(writing.get());
  EXPECT_EQ(numberOf(*database, "SELECT sum(n) FROM numbers"), 6);
}

TEST_F(DatabaseTest, ProcessesMakeAndWriteOneDatabaseAtOnce) {
  constexpr int kProcesses = 8, kWrites = 25;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    pid_t child = ::fork();
    if (child == 0) {
      auto database = withNumbers(open());
      for (int i = 0; i < kWrites; ++i)
        must(database->execute("INSERT INTO numbers(n) VALUES(" + std::to_string(process * 1000 + i) + ")"));
      database.reset();
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(numberOf(*open(), "SELECT count(*) FROM numbers"), kProcesses * kWrites);
}

TEST_F(DatabaseTest, ACommitSurvivesTheKillOfItsProcess) {
  int committed[2];
  ASSERT_EQ(::pipe(committed), 0);
  pid_t child = ::fork();
  if (child == 0) {
    auto database = withNumbers(open());
    must(database->execute("INSERT INTO numbers(n) VALUES(1)"));
    must(database->transact([&]() -> llvm::Error {
      must(database->execute("INSERT INTO numbers(n) VALUES(2)"));
      [[maybe_unused]] ssize_t put = ::write(committed[1], "x", 1);
      ::pause();
      return llvm::Error::success();
    }));
  }
  char byte;
  ASSERT_EQ(::read(committed[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(numberOf(*open(), "SELECT sum(n) FROM numbers"), 1);
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsCorrupt) {
  writeFile(path(), std::string(5000, 'x'));
  EXPECT_FAULT_SAYING(Database::open(path()), FaultKind::Corrupt, path());
}

TEST_F(DatabaseTest, APlaceThatCannotBeOpenedIsDenied) {
  EXPECT_FAULT_SAYING(Database::open(joinPath(directory_.path(), "none/db")), FaultKind::Denied, "none/db");
}

}  // namespace
}  // namespace strata::testing
