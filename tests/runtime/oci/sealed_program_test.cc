#include "runtime/oci/sealed_program.h"

#include "support/spawn.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

namespace strata::runtime {
namespace {

std::string pathOf(const UniqueFd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

int statusOf(const UniqueFd& program, const std::vector<std::string>& argv) {
  Spawn spawn;
  return llvm::cantFail(waitForExit(llvm::cantFail(spawn.start(pathOf(program), argv))));
}

TEST(SealedProgram, RunsAsTheProgramDoes) {
  UniqueFd shell = sealedCopyOf("/bin/sh");
  ASSERT_TRUE(shell);
  EXPECT_EQ(statusOf(shell, {"sh", "-c", "exit 7"}), 7);
}

TEST(SealedProgram, CannotBeChangedByWhoRunsIt) {
  UniqueFd shell = sealedCopyOf("/bin/sh");
  ASSERT_TRUE(shell);
  EXPECT_EQ(::write(shell.get(), "x", 1), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(shell.get(), 0), -1);
  EXPECT_EQ(statusOf(shell, {"sh", "-c", "! (: > /proc/$$/exe) 2>/dev/null"}), 0);
}

/// What crun and runc look for before they start themselves once more.
TEST(SealedProgram, HasTheSealsThatRuntimesLookFor) {
  UniqueFd shell = sealedCopyOf("/bin/sh");
  ASSERT_TRUE(shell);
  EXPECT_EQ(::fcntl(shell.get(), F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

TEST(SealedProgram, IsNothingWhereThereIsNoProgram) { EXPECT_FALSE(sealedCopyOf("/nonexistent/program")); }

}  // namespace
}  // namespace strata::runtime
