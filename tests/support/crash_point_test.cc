#include "support/crash_point.h"

#include "support/database.h"
#include "tests/support/testing.h"

#include <sys/wait.h>
#include <csignal>

namespace strata::testing {
namespace {

/// What a process leaves that is killed before its `number`th change: this program again, as the child of the variable.
class CrashPointTest : public ::testing::Test {
protected:
  /// True if it was killed.
  bool runUntil(uint64_t number) {
    std::string command = "STRATA_CRASH_AT=" + std::to_string(number) + " STRATA_CRASH_DIR=" + directory_.path() +
                          " exec /proc/" + std::to_string(::getpid()) +
                          "/exe --gtest_filter=CrashPointTest.TheChild >/dev/null";
    int status = std::system(command.c_str());
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return false;
  }
  bool has(llvm::StringRef name) const { return pathExists(joinPath(directory_.path(), name)); }
  TempDir directory_ = makeTempDir();
};

/// One change of each kind. Run by the test below; by itself there is nothing to do.
TEST_F(CrashPointTest, TheChild) {
  const char* directory = std::getenv("STRATA_CRASH_DIR");
  if (!directory) return;
  auto at = [&](llvm::StringRef name) { return joinPath(directory, name); };
  must(writeFileAtomically(at("1"), "x"));
  ASSERT_EQ(renamePath(at("1"), at("2")), 0);
  ASSERT_EQ(unlinkPath(at("2")), 0);
  must(makeDirectories(at("3/a")));
  must(removeTree(at("3")));  // itself, and its child
  auto database = must(Database::open(at("4")));
  must(database->execute("CREATE TABLE t(a)"));
  must(makeDirectories(at("5")));
}

TEST_F(CrashPointTest, EachChangeCountsAndTheKillComesBeforeIt) {
  // What is there when the number comes up: the removal has a point for itself, its child and its end, the database one
  // for becoming a database at all and one for the table.
  const char* there[] = {"", "", "1", "2", "3/a", "3/a", "3", "4", "4"};
  for (uint64_t number = 1; number <= 8; ++number) {
    ASSERT_TRUE(runUntil(number)) << number;
    EXPECT_TRUE(number == 1 || has(there[number])) << number;
    EXPECT_FALSE(has("5"));
    must(removeTree(directory_.path()));
    must(makeDirectories(directory_.path()));
  }
  runUntil(9);  // when the child clears up after itself
  EXPECT_TRUE(has("5"));
}

}  // namespace
}  // namespace strata::testing
