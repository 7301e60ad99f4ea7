#include "support/spawn.h"

#include "support/pipe.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <unistd.h>
#include <csignal>

namespace strata {
namespace {
using strata::testing::must;

std::string readToEnd(int fd) {
  std::string text;
  char buffer[256];
  for (ssize_t got; (got = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, size_t(got));
  return text;
}

std::string outputOf(Spawn& spawn, const std::string& script) {
  Pipe pipe = must(Pipe::make());
  pid_t pid = must(spawn.give(pipe.write.get(), 1).start("sh", {"sh", "-c", script}));
  pipe.write.reset();
  std::string text = readToEnd(pipe.read.get());
  EXPECT_EQ(must(waitForExit(pid)), 0);
  return text;
}

TEST(Spawn, GivesDescriptorsDirectoryAndEnvironment) {
  Spawn spawn;
  spawn.open(0, "/proc/self/comm", O_RDONLY).directory("/proc").environment({"A=b"});
  EXPECT_EQ(outputOf(spawn, "pwd; echo $A; read name; echo $name"), "/proc\nb\nsh\n");
}

TEST(Spawn, HasNoSignalIgnoredOrBlocked) {
  auto before = ::signal(SIGUSR1, SIG_IGN);
  sigset_t blocked, old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &old);
  Spawn spawn;
  std::string text = outputOf(spawn, "grep -E 'SigBlk|SigIgn' /proc/self/status");
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ::signal(SIGUSR1, before);
  // glibc ignores two of its own, 32 and 33.
  EXPECT_THAT(text, ::testing::MatchesRegex("SigBlk:\t0+\nSigIgn:\t0+(180000000)?\n"));
}

TEST(Spawn, StartsANewSession) {
  Spawn spawn;
  EXPECT_EQ(outputOf(spawn.newSession(), "cut -d' ' -f6 /proc/$$/stat | grep -qx $$ && echo own"), "own\n");
}

TEST(Spawn, SaysHowItEnded) {
  Spawn seven, killed;
  EXPECT_EQ(must(waitForExit(must(seven.start("sh", {"sh", "-c", "exit 7"})))), 7);
  EXPECT_EQ(must(waitForExit(must(killed.start("sh", {"sh", "-c", "kill -KILL $$"})))), 128 + SIGKILL);
}

TEST(Spawn, NamesTheProgramThatIsNotThere) {
  Spawn spawn;
  EXPECT_FAULT_SAYING(spawn.start("no-such-program", {"x"}), FaultKind::NotFound, "start no-such-program");
}

}  // namespace
}  // namespace strata
