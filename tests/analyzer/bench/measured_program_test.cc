#include "analyzer/bench/measured_program.h"

#include "support/cancel.h"
#include "tests/support/testing.h"

#include <chrono>
#include <thread>

namespace strata::analyzer {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Lt;
using testing::must;

constexpr uint64_t kMebibyte = 1 << 20;

ProgramCall shell(const std::string& script) { return {.program = "sh", .arguments = {"sh", "-c", script}}; }

class MeasuredProgramTest : public ::testing::Test {
protected:
  ProgramRun run(const std::string& script) { return must(measure(shell(script), never_)); }
  CancelToken never_;
};

TEST_F(MeasuredProgramTest, StatusAndBothStreamsComeBack) {
  ProgramRun seen = run("echo out; echo err >&2; exit 7");
  EXPECT_EQ(seen.exitCode, 7);
  EXPECT_EQ(seen.output, "out\nerr\n");
  EXPECT_EQ(run("kill -9 $$").exitCode, 128 + 9);
}

TEST_F(MeasuredProgramTest, TimeIsThatOfTheWall) { EXPECT_THAT(run("sleep 0.2").seconds, AllOf(Ge(0.2), Lt(5.0))); }

TEST_F(MeasuredProgramTest, MemoryOfADescendantCountsAndWhatWeOnceHadDoesNot) {
  EXPECT_EQ(std::string(64 * kMebibyte, 'x').back(), 'x');
  EXPECT_LT(run("true").peakMemory, 32 * kMebibyte);
  EXPECT_GT(run("sh -c 'head -c 50000000 /dev/zero | tail -n 1 >/dev/null'; true").peakMemory, 45 * kMebibyte);
}

TEST_F(MeasuredProgramTest, WhatIsWrittenToADiskIsCounted) {
  TempDir directory = testing::makeTempDir();
  EXPECT_GE(run("head -c 3000000 /dev/zero >" + directory.path() + "/file").diskWritten, 3'000'000u);
}

TEST_F(MeasuredProgramTest, StandardInputIsEmpty) { EXPECT_EQ(run("cat; echo end").output, "end\n"); }

TEST_F(MeasuredProgramTest, ACancelledProgramMayCleanUpAndIsWaitedFor) {
  TempDir directory = testing::makeTempDir();
  CancelToken cancel;
  std::thread soon([&] {
    while (!pathExists(directory.path() + "/begun")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    cancel.cancel();
  });
  std::string script = "cd " + directory.path() + "; trap 'sleep 0.1; touch cleaned; exit 1' TERM; touch begun; " +
                       "sleep 1000 & wait; sleep 1000";
  EXPECT_FAULT(measure(shell(script), cancel), FaultKind::Cancelled);
  soon.join();
  EXPECT_TRUE(pathExists(directory.path() + "/cleaned"));
  EXPECT_FAULT(measure(shell("true"), cancel), FaultKind::Cancelled);
}

TEST_F(MeasuredProgramTest, AFailureKeepsWhatTheProgramSaid) {
  auto run = measureSuccess(shell("echo because; exit 3"), "build", never_);
  ASSERT_FALSE(bool(run));
  llvm::Error rest = llvm::handleErrors(run.takeError(), [](const ProgramFailed& failed) {
    EXPECT_EQ(failed.run().exitCode, 3);
    EXPECT_EQ(failed.run().output, "because\n");
    EXPECT_EQ(failed.text(), "build: sh ended with status 3");
  });
  EXPECT_FALSE(bool(rest));
}

}  // namespace
}  // namespace strata::analyzer
