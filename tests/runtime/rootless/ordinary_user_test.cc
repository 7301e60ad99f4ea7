#include "runtime/rootless/ordinary_user.h"

#include "support/user_namespace.h"
#include "tests/support/testing.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace strata::runtime {
namespace {
using strata::testing::must;

TEST(SubordinateIds, ReadsThoseOfTheUserByNameOrNumber) {
  auto ranges = subordinateIds("ann:100000:65536\nbob:1:2\n\n# note\n1000:300000:10\nann:x:1\nann:5:0\n", "ann", 1000);
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].first, 100000u);
  EXPECT_EQ(ranges[0].count, 65536u);
  EXPECT_EQ(ranges[1].first, 300000u);
  EXPECT_TRUE(subordinateIds("", "ann", 1000).empty());
}

TEST(SubordinateIds, MapsNoNumberTwice) {
  auto ranges =
      subordinateIds("ann:100000:65536\n1000:100000:65536\nann:165535:2\nann:165536:5\n1000:99999:1\n", "ann", 1000);
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_EQ(ranges[0].first, 100000u);
  EXPECT_EQ(ranges[1].first, 165536u);
  EXPECT_EQ(ranges[2].first, 99999u);
  EXPECT_EQ(subordinateIds("ann:4294967290:65536\nann:1:1\n", "ann", 1000).size(), 2u);
}

/// What a child that has become another user answers, as its exit code.
int asUser(uid_t user, int (*answer)(const std::string& root), const std::string& root) {
  pid_t pid = ::fork();
  if (pid == 0) {
    if (::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0) ::_exit(99);
    ::prctl(PR_SET_DUMPABLE, 1);  // as after an execve: else /proc/self is root's
    ::_exit(answer(root));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

TEST(BecomeRootOfUserNamespace, AUserWithoutSubordinatesIsRootAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  TempDir root = strata::testing::makeTempDir();
  auto answer = [](const std::string& path) {
    auto mapping = becomeRootOfUserNamespace(path);
    if (!mapping) return 1;
    if (::geteuid() != 0 || ::getegid() != 0 || inInitialUserNamespace()) return 2;
    return mapping->mapping == UserMapping::Own && mapping->trouble.empty() ? 0 : 3;
  };
  EXPECT_EQ(asUser(54321, answer, root.path()), 0);
}

}  // namespace
}  // namespace strata::runtime
