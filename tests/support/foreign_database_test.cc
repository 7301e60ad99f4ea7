#include "support/foreign_database.h"

#include "support/database.h"
#include "tests/support/testing.h"

namespace strata::testing {
namespace {

using ::testing::ElementsAre;

class ForeignDatabaseTest : public ::testing::Test {
protected:
  /// The file that these statements make; its log is empty.
  std::string made(llvm::StringRef sql) {
    std::string path = joinPath(directory_.path(), "db");
    auto database = must(Database::open(path));
    must(database->execute(sql));
    must(database->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    return must(readFile(path));
  }
  static llvm::Expected<std::vector<std::string>> rows(std::string bytes, const char* query) {
    std::vector<std::string> all;
    auto error = queryForeignDatabase(std::move(bytes), query, [&](llvm::StringRef row) {
      all.push_back(row.str());
      return llvm::Error::success();
    });
    if (error) return error;
    return all;
  }
  TempDir directory_ = makeTempDir();
};

TEST_F(ForeignDatabaseTest, GivesTheFirstColumnOfEachRow) {
  std::string bytes = made("CREATE TABLE t(a, b); INSERT INTO t VALUES('one', 1), (x'00ff', 2), (NULL, 3)");
  EXPECT_THAT(must(rows(bytes, "SELECT a FROM t ORDER BY b")), ElementsAre("one", std::string("\0\xff", 2), ""));
}

TEST_F(ForeignDatabaseTest, WhatIsNoDatabaseIsCorrupt) {
  EXPECT_FAULT(rows("", "SELECT 1"), FaultKind::Corrupt);
  EXPECT_FAULT(rows(std::string(8192, 'x'), "SELECT a FROM t"), FaultKind::Corrupt);
  std::string bytes = made("CREATE TABLE t(a); INSERT INTO t VALUES('one')");
  EXPECT_FAULT(rows(bytes.substr(0, 4096), "SELECT a FROM t"), FaultKind::Corrupt);
}

TEST_F(ForeignDatabaseTest, AQueryThatWorksForTooLongIsGivenUp) {
  std::string bytes = made(
      "CREATE VIEW t(a) AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
      " SELECT i FROM n WHERE i < 0");
  EXPECT_FAULT_SAYING(rows(bytes, "SELECT a FROM t"), FaultKind::Io, "interrupted");
}

TEST_F(ForeignDatabaseTest, AValueThatIsTooLongIsAFault) {
  std::string bytes = made("CREATE VIEW t(a) AS SELECT zeroblob(1000000000)");
  EXPECT_TRUE(faultOf(rows(bytes, "SELECT a FROM t")).kind);
}

TEST_F(ForeignDatabaseTest, AnUnknownTableAndWhatTheCallerReturnsAreFaults) {
  std::string bytes = made("CREATE TABLE t(a); INSERT INTO t VALUES('one')");
  EXPECT_FAULT_SAYING(rows(bytes, "SELECT a FROM u"), FaultKind::Io, "no such table: u");
  auto stop = [](llvm::StringRef) { return fault(FaultKind::Cancelled, "enough"); };
  EXPECT_FAULT(queryForeignDatabase(bytes, "SELECT a FROM t", stop), FaultKind::Cancelled);
}

}  // namespace
}  // namespace strata::testing
