#include "support/process_handle.h"

#include "tests/support/testing.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <thread>

namespace strata {
namespace {
using strata::testing::must;
using namespace std::chrono_literals;

/// A child that waits to be killed, with a number of its own choice if that is given.
pid_t waitingChild(pid_t number = 0) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  if (number != 0) {
    arguments.set_tid = uint64_t(&number);
    arguments.set_tid_size = 1;
  }
  pid_t pid = pid_t(::syscall(SYS_clone3, &arguments, sizeof arguments));
  while (pid == 0) ::pause();
  return pid;
}

void end(pid_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST(ProcessHandle, AProcessIsSignalledWaitedForAndLookedInto) {
  pid_t pid = waitingChild();
  auto handle = must(ProcessHandle::open(ProcessName{pid, startOfProcess(pid)}));
  EXPECT_EQ(handle.parent(), ::getpid());
  EXPECT_THAT(must(readFd(must(handle.openFile("comm", O_RDONLY)).get())), ::testing::HasSubstr("tests"));
  EXPECT_FALSE(handle.waitForEnd(0ms));
  must(handle.signal(SIGTERM));
  EXPECT_TRUE(handle.waitForEnd(10s));
  EXPECT_FAULT(ProcessHandle::open(pid), FaultKind::NotFound);  // ended, though its number is kept for its parent
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

TEST(ProcessHandle, AnotherProcessOfTheSameNumberIsNeverMet) {
  if (::geteuid() != 0) GTEST_SKIP() << "choosing a process's number needs root";
  pid_t first = waitingChild();
  ProcessName name{first, startOfProcess(first)};
  auto handle = must(ProcessHandle::open(name));
  end(first);
  EXPECT_EQ(startOfProcess(first), 0u);
  std::this_thread::sleep_for(30ms);  // three of the kernel's ticks
  ASSERT_EQ(waitingChild(first), first);

  EXPECT_FAULT(ProcessHandle::open(name), FaultKind::NotFound);
  EXPECT_FAULT(handle.signal(SIGKILL), FaultKind::NotFound);
  EXPECT_FAULT(handle.openFile("comm", O_RDONLY), FaultKind::NotFound);
  EXPECT_EQ(handle.parent(), 0);
  EXPECT_FALSE(must(ProcessHandle::open(first)).waitForEnd(0ms));
  end(first);
}

TEST(ProcessName, IsReadAsItWasWritten) {
  auto name = must(processNameFrom(textOf(ProcessName{1234, 567890}) + "\n"));
  EXPECT_EQ(name.pid, 1234);
  EXPECT_EQ(name.started, 567890u);
  for (const char* text : {"", "1234", "1234 ", "x 1", "0 1", "-1 1", "1234 0", "1 2 3"})
    EXPECT_FAULT(processNameFrom(text), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata
