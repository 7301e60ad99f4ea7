#include "analyzer/bench/measured_program.h"

#include "support/cancel.h"
#include "support/spawn.h"
#include "tests/support/testing.h"

#include <sys/mman.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

namespace strata::analyzer {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Lt;
using testing::must;

constexpr uint64_t kMebibyte = 1 << 20;

ProgramCall shell(const std::string& script) { return {.program = "sh", .arguments = {"sh", "-c", script}}; }

/// And gives it back, which a sanitizer's allocator does not.
void haveFor(size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, bytes);
  ::munmap(memory, bytes);
}

/// A process that nobody has waited for yet has no words any more.
bool isThere(llvm::StringRef pid) {
  auto words = readFile(("/proc/" + pid.trim() + "/cmdline").str());
  if (words) return !words->empty();
  llvm::consumeError(words.takeError());
  return false;
}
bool endsSoon(llvm::StringRef pid) {
  for (int attempt = 0; attempt < 1000 && isThere(pid); ++attempt)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return !isThere(pid);
}

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
  uint64_t ofAChild = run("true").peakMemory;
  haveFor(64 * kMebibyte);
  EXPECT_LT(run("true").peakMemory, ofAChild + 32 * kMebibyte);
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
  std::string script = "cd " + directory.path() + "; trap 'sleep 0.1; touch cleaned; exit 1' TERM; " +
                       "sleep 1000 & echo $! >child; touch begun; wait; sleep 1000";
  EXPECT_FAULT(measure(shell(script), cancel), FaultKind::Cancelled);
  soon.join();
  EXPECT_TRUE(pathExists(directory.path() + "/cleaned"));
  EXPECT_TRUE(endsSoon(must(readFile(directory.path() + "/child"))));
  EXPECT_FAULT(measure(shell("true"), cancel), FaultKind::Cancelled);
}

TEST_F(MeasuredProgramTest, WhatCannotBeStartedIsAFaultWithTheReason) {
  EXPECT_FAULT_SAYING(measure({.program = "/absent/program", .arguments = {"program"}}, never_), FaultKind::NotFound,
                      "start /absent/program: No such file");
  EXPECT_FAULT(measure({.program = "/etc", .arguments = {"etc"}}, never_), FaultKind::Denied);
}

TEST_F(MeasuredProgramTest, OfMuchOutputTheEndIsKept) {
  ProgramRun seen = run("head -c 1000000 /dev/zero | tr '\\0' x; echo end");
  EXPECT_EQ(seen.output.size(), 256u * 1024);
  EXPECT_TRUE(llvm::StringRef(seen.output).ends_with("xend\n"));
}

/// By a starter that is killed before it could do anything.
TEST_F(MeasuredProgramTest, AProgramEndsWithWhoStartedIt) {
  TempDir directory = testing::makeTempDir();
  std::string begun = directory.path() + "/begun";
  pid_t starter = ::fork();
  ASSERT_GE(starter, 0);
  if (starter == 0) {
    llvm::consumeError(
        measure(shell("echo $$ >" + begun + ".new; mv " + begun + ".new " + begun + "; exec sleep 1000"), never_)
            .takeError());
    ::_exit(0);
  }
  while (!pathExists(begun)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::kill(starter, SIGKILL);
  must(waitForExit(starter));
  EXPECT_TRUE(endsSoon(must(readFile(begun))));
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
