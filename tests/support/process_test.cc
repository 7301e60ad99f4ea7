#include "support/process.h"

#include "support/cancel.h"
#include "tests/support/testing.h"

#include <thread>

#include <csignal>

namespace strata::testing {
namespace {

ProcessResult shell(const std::string& script, std::string input = "") {
  return must(runProcess({.argv = {"sh", "-c", script}, .input = std::move(input)}));
}

TEST(Process, GivesOutputErrorsAndExitCode) {
  auto result = shell("echo out; echo err >&2; exit 7");
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.exitCode, 7);
}

TEST(Process, ASignalIs128AndItsNumber) { EXPECT_EQ(shell("kill -KILL $$").exitCode, 128 + SIGKILL); }

TEST(Process, InputComesBackHoweverLargeItIs) {
  std::string large(3'000'000, 'z');
  EXPECT_EQ(shell("cat; echo done >&2", large).output, large);
}

TEST(Process, BothOutputsMayBeLargeAtOnce) {
  auto result = shell("(head -c 1000000 /dev/zero >&2) & head -c 1000000 /dev/zero; wait");
  EXPECT_EQ(result.output.size(), 1'000'000u);
  EXPECT_EQ(result.errors.size(), 1'000'000u);
}

TEST(Process, AProgramThatDoesNotReadItsInputHurtsNobody) {
  struct sigaction before {
  }, action{};
  action.sa_handler = SIG_DFL;  // a SIGPIPE would end this test program
  ::sigaction(SIGPIPE, &action, &before);
  EXPECT_EQ(shell("exec <&-; echo there", std::string(1 << 20, 'x')).output, "there\n");
  ::sigaction(SIGPIPE, &before, nullptr);
}

TEST(Process, InputEndsWhereNoneIsGiven) { EXPECT_EQ(shell("cat").output, ""); }

TEST(Process, RunsInItsDirectoryWithItsEnvironment) {
  TempDir directory = makeTempDir();
  auto result = must(runProcess({.argv = {"/bin/sh", "-c", "pwd; echo $A; echo ${HOME-none}"},
                                 .environment = {{"A=b c"}},
                                 .directory = directory.path()}));
  EXPECT_EQ(result.output, directory.path() + "\nb c\nnone\n");
}

TEST(Process, StartsWithOrdinarySignals) {
  struct sigaction before {
  }, action{};
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGTERM, &action, &before);
  EXPECT_EQ(shell("kill -TERM $$; echo survived").exitCode, 128 + SIGTERM);
  ::sigaction(SIGTERM, &before, nullptr);
}

TEST(Process, AMissingProgramIsNotFound) {
  EXPECT_FAULT_SAYING(runProcess({.argv = {"no-such-program-anywhere"}}), FaultKind::NotFound,
                      "no-such-program-anywhere");
}

TEST(Process, EndlessOutputIsRefusedAndTheProgramEnded) {
  EXPECT_FAULT_SAYING(runProcess({.argv = {"cat", "/dev/zero"}}), FaultKind::Invalid, "64 MiB");
}

TEST(Process, StoppingEndsTheProgram) {
  CancelToken cancel;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    cancel.cancel();
  });
  EXPECT_FAULT(runProcess({.argv = {"sleep", "30"}, .cancel = &cancel}), FaultKind::Cancelled);
  stopper.join();
}

TEST(Process, ProgramsAreFoundInThePath) {
  EXPECT_THAT(findProgram("sh").value_or(""), ::testing::EndsWith("/sh"));
  EXPECT_EQ(findProgram("/bin/sh"), std::optional<std::string>("/bin/sh"));
  EXPECT_EQ(findProgram("no-such-program-anywhere"), std::nullopt);
  EXPECT_EQ(findProgram("/etc/passwd"), std::nullopt);  // no program
  EXPECT_EQ(findProgram("/usr/bin"), std::nullopt);     // a directory
}

}  // namespace
}  // namespace strata::testing
