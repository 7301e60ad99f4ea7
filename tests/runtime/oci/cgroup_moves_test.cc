#include "runtime/oci/cgroup_moves.h"

#include "support/files.h"

#include <gtest/gtest.h>

#include <pthread.h>
#include <csignal>

namespace strata::runtime {
namespace {

std::string groupsOfThisProcess() { return llvm::cantFail(readFile("/proc/self/cgroup", 1 << 16)); }

TEST(CgroupMoves, LeaveTheProcessWhereItIs) {
  std::string before = groupsOfThisProcess();
  { CgroupMoveAhead ahead; }
  EXPECT_EQ(groupsOfThisProcess(), before);
}

TEST(CgroupMoves, ChangeNoSignalMaskOfOurs) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  { CgroupMoveAhead ahead; }
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int number = 1; number < 32; ++number) EXPECT_EQ(sigismember(&before, number), sigismember(&after, number));
}

}  // namespace
}  // namespace strata::runtime
