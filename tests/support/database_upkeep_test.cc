#include "support/database.h"
#include "tests/support/testing.h"

#include <sys/stat.h>
#include <fstream>

namespace strata::testing {
namespace {

class DatabaseUpkeepTest : public ::testing::Test {
protected:
  std::string path() const { return joinPath(directory_.path(), "db"); }
  std::unique_ptr<Database> open() { return must(Database::open(path())); }

  /// Two tables, one referring to the other that comes later, and an index; the log folded in.
  void fill(int rows) {
    auto database = open();
    must(
        database->execute("CREATE TABLE child(id INTEGER PRIMARY KEY, parent TEXT REFERENCES parent, text TEXT);"
                          "CREATE TABLE parent(name TEXT PRIMARY KEY) WITHOUT ROWID;"));
    must(database->transact([&]() -> llvm::Error {
      must(database->execute("INSERT INTO parent VALUES('p')"));
      auto insert = must(database->prepare("INSERT INTO child VALUES(?, 'p', ?)"));
      for (int i = 0; i < rows; ++i)
        if (auto error = insert.bind(int64_t(i)).bind(std::string(200, 'x')).run()) return error;
      return llvm::Error::success();
    }));
    must(database->execute("CREATE INDEX by_text ON child(text); PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  void overwrite(int64_t from, int64_t size) {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(from);
    for (int64_t i = 0; i < size; ++i) file.put(char(0xa5));
  }
  static int64_t numberOf(Database& database, llvm::StringRef query) {
    auto statement = must(database.prepare(query));
    EXPECT_TRUE(must(statement.step()));
    return statement.integer(0);
  }
  TempDir directory_ = makeTempDir();
};

TEST_F(DatabaseUpkeepTest, ANewFileIsEmptyAndSound) {
  auto database = open();
  EXPECT_TRUE(must(database->isEmpty()));
  EXPECT_EQ(must(database->check()), "");
  must(database->execute("CREATE TABLE t(a)"));
  EXPECT_FALSE(must(database->isEmpty()));
}

TEST_F(DatabaseUpkeepTest, DamageIsFoundAndMarkedForWhoComesNext) {
  fill(2000);
  overwrite(20 * 4096, 4096);
  auto database = open();
  EXPECT_NE(must(database->check()), "");
  EXPECT_FAULT(database->prepare("SELECT sum(length(text)) FROM child NOT INDEXED")->step(), FaultKind::Corrupt);
  EXPECT_TRUE(Database::isMarkedDamaged(path()));
}

TEST_F(DatabaseUpkeepTest, SalvageKeepsTheRowsBeforeAndBehindTheDamage) {
  fill(2000);
  overwrite(40 * 4096, 4096);
  uint64_t saved = must(salvageDatabase(path()));
  EXPECT_GT(saved, 1900u);
  EXPECT_LT(saved, 2001u);
  EXPECT_FALSE(Database::isMarkedDamaged(path()));
  auto database = open();
  EXPECT_EQ(must(database->check()), "");
  EXPECT_EQ(uint64_t(numberOf(*database, "SELECT count(*) FROM child") + 1), saved);
  EXPECT_EQ(numberOf(*database, "SELECT count(*) FROM sqlite_master WHERE name = 'by_text'"), 1);
  EXPECT_EQ(numberOf(*database, "SELECT max(id) FROM child"), 1999);
  EXPECT_EQ(numberOf(*database, "SELECT min(id) FROM child"), 0);
}

TEST_F(DatabaseUpkeepTest, SalvageOfWhatIsNoDatabaseGivesAnEmptyOne) {
  fill(10);
  overwrite(0, 4096);
  EXPECT_FAULT(Database::open(path()), FaultKind::Corrupt);
  EXPECT_EQ(must(salvageDatabase(path())), 0u);
  EXPECT_TRUE(must(open()->isEmpty()));
}

TEST_F(DatabaseUpkeepTest, SalvageKeepsAllOfASoundFile) {
  fill(100);
  EXPECT_EQ(must(salvageDatabase(path())), 101u);
  EXPECT_EQ(numberOf(*open(), "SELECT count(*) FROM child"), 100);
}

TEST_F(DatabaseUpkeepTest, ShrinkingGivesRoomBack) {
  fill(5000);
  auto sizeOf = [&] { return must(diskUse(directory_.path())).bytes; };
  uint64_t before = sizeOf();
  auto database = open();
  must(database->execute("DELETE FROM child"));
  must(database->shrink());
  EXPECT_LT(sizeOf(), before / 4);
}

TEST_F(DatabaseUpkeepTest, ReportsOfDamageAreToldAndCounted) {
  auto database = open();
  std::vector<std::string> told;
  database->reportDamage({"blob", "1", "nobody listens yet"});
  database->onDamage([&](const Damage& damage) { told.push_back(damage.str()); });
  database->reportDamage({"layer", "5", "its files are missing"});
  EXPECT_THAT(told, ::testing::ElementsAre("layer 5 is damaged: its files are missing"));
  EXPECT_EQ(database->damageReports(), 2u);
}

}  // namespace
}  // namespace strata::testing
