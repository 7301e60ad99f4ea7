#include "support/files.h"

#include "support/process.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace strata::testing {
namespace {

class Files : public ::testing::Test {
protected:
  std::string at(llvm::StringRef name) const { return joinPath(directory_.path(), name); }
  void shell(const std::string& script) {
    auto result = must(runProcess({.argv = {"sh", "-euc", script}, .directory = directory_.path()}));
    ASSERT_EQ(result.exitCode, 0) << result.errors;
  }
  TempDir directory_ = makeTempDir();
};

/// Exit code of a child that runs `body`.
template <typename Body>
int inChild(Body body) {
  pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(JoinPath, PutsOneSlashBetween) {
  EXPECT_EQ(joinPath("a", "b"), "a/b");
  EXPECT_EQ(joinPath("/a//", "//b"), "/a/b");
  EXPECT_EQ(joinPath("/", "b"), "/b");
}

TEST_F(Files, AreReadWhole) {
  writeFile(at("f"), "hello");
  EXPECT_EQ(must(readFile(at("f"))), "hello");
  EXPECT_EQ(must(readFile(at("f"), 5)), "hello");
  EXPECT_FAULT_SAYING(readFile(at("f"), 4), FaultKind::Invalid, at("f"));
  EXPECT_FAULT_SAYING(readFile(at("none")), FaultKind::NotFound, at("none"));
  EXPECT_FAULT(readFile(directory_.path()), FaultKind::Io);
}

TEST_F(Files, ADanglingLinkIsThere) {
  ASSERT_EQ(::symlink("nowhere", at("link").c_str()), 0);
  EXPECT_TRUE(pathExists(at("link")));
  EXPECT_FALSE(pathExists(at("nowhere")));
}

TEST_F(Files, DirectoriesAreMadeWithTheirParents) {
  must(makeDirectories(at("a/b/c")));
  must(makeDirectories(at("a/b/c")));
  EXPECT_TRUE(pathExists(at("a/b/c")));
  writeFile(at("file"), "");
  EXPECT_FAULT(makeDirectories(at("file")), FaultKind::Exists);
  EXPECT_FAULT(makeDirectories(at("file/below")), FaultKind::NotFound);
}

TEST_F(Files, AnAtomicWriteReplacesAndLeavesNothingElse) {
  must(writeFileAtomically(at("f"), "one", 0600, Sync::Yes));
  must(writeFileAtomically(at("f"), "two", 0640));
  struct stat status;
  ASSERT_EQ(::stat(at("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  EXPECT_EQ(must(readFile(at("f"))), "two");
  EXPECT_FAULT(writeFileAtomically(at("none/f"), "x"), FaultKind::NotFound);
  must(makeDirectories(at("d/full")));
  EXPECT_FAULT(writeFileAtomically(at("d"), "x"), FaultKind::Io);  // a rename that cannot be
  auto names = must(runProcess({.argv = {"ls", "-A", directory_.path()}})).output;
  EXPECT_EQ(names, "d\nf\n");
}

TEST_F(Files, ATreeIsRemovedWithoutFollowingLinks) {
  writeFile(at("kept/f"), "kept");
  shell("mkdir -p tree/a/b; echo x > tree/a/b/f; ln -s ../kept tree/link; mkfifo tree/pipe; mkdir tree/empty");
  must(removeTree(at("tree")));
  EXPECT_FALSE(pathExists(at("tree")));
  EXPECT_EQ(must(readFile(at("kept/f"))), "kept");
  must(removeTree(at("tree")));
}

TEST_F(Files, ALinkToATreeIsRemovedAlone) {
  writeFile(at("kept/f"), "kept");
  ASSERT_EQ(::symlink("kept", at("link").c_str()), 0);
  must(removeTree(at("link")));
  EXPECT_TRUE(pathExists(at("kept/f")));
}

TEST_F(Files, DirectoriesWithoutPermissionsAreRemovedByTheirOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  shell(
      "mkdir -p tree/none/below tree/noread tree/nowrite; touch tree/none/f tree/noread/f tree/nowrite/f;"
      "chmod 0 tree/none; chmod 300 tree/noread; chmod 500 tree/nowrite; chown -R 1234:1234 . ");
  int code = inChild([&] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(1234) != 0 || ::setuid(1234) != 0) return 3;
    auto error = removeTree(at("tree"));
    if (error) std::fprintf(stderr, "%s\n", messageOf(std::move(error)).c_str());
    return pathExists(at("tree")) ? 1 : 0;
  });
  EXPECT_EQ(code, 0);
}

TEST_F(Files, ATreeDeeperThanDescriptorsGoIsRemoved) {
  UniqueFd level = must(openFile(directory_.path(), O_RDONLY | O_DIRECTORY));
  ASSERT_EQ(::mkdirat(level.get(), "tree", 0755), 0);
  level = must(openFile("tree", O_RDONLY | O_DIRECTORY, 0, level.get()));
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(::mkdirat(level.get(), "deep-0", 0755), 0);
    must(openFile("file", O_WRONLY | O_CREAT, 0644, level.get()));
    level = must(openFile("deep-0", O_RDONLY | O_DIRECTORY, 0, level.get()));
  }
  level.reset();
  must(removeTree(at("tree")));
  EXPECT_FALSE(pathExists(at("tree")));
}

TEST_F(Files, DiskUseCountsHardLinksOnce) {
  shell("mkdir t; head -c 100000 /dev/zero > t/f; sync t/f");
  auto before = must(diskUse(at("t")));
  shell("ln t/f t/g; ln -s f t/l");
  auto after = must(diskUse(at("t")));
  EXPECT_GE(before.bytes, 100'000u);
  EXPECT_EQ(before.files, 2u);
  EXPECT_EQ(after.files, 3u);
  EXPECT_LT(after.bytes, before.bytes + 50'000);
}

TEST_F(Files, DiskUseOfADeepTreeNeedsNoMoreDescriptors) {
  constexpr int kLevels = 200;
  must(makeDirectories(at("deep")));
  UniqueFd directory(::open(at("deep").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < kLevels; ++i) {
    ASSERT_EQ(::mkdirat(directory.get(), "d", 0755), 0);
    directory.reset(::openat(directory.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ASSERT_EQ(::mkdirat(directory.get(), "last", 0755), 0);
  struct rlimit limit, few;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  few = {.rlim_cur = 100, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  auto use = diskUse(at("deep"));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(must(std::move(use)).files, uint64_t(kLevels) + 2);
}

TEST_F(Files, AFileThatMayNotGoIsDeniedAndNotMissing) {
  shell("mkdir -m 1777 sticky; touch sticky/file; chmod 755 .");
  int code = inChild([&] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(1234) != 0 || ::setuid(1234) != 0) return 3;
    return faultOf(removeTree(at("sticky/file"))).kind == FaultKind::Denied ? 0 : 1;
  });
  EXPECT_EQ(code, 0);
}

TEST_F(Files, ATemporaryDirectoryGoesWithItsOwner) {
  std::string path, kept;
  {
    TempDir first = must(TempDir::make(directory_.path(), "t-"));
    path = first.path();
    writeFile(joinPath(path, "a/f"), "x");
    TempDir moved = std::move(first);
    EXPECT_EQ(moved.path(), path);
    EXPECT_TRUE(pathExists(path));
    kept = must(TempDir::make(directory_.path())).keep();
  }
  EXPECT_FALSE(pathExists(path));
  EXPECT_TRUE(pathExists(kept));
  EXPECT_FAULT(TempDir::make(at("none")), FaultKind::NotFound);
}

TEST_F(Files, ALockIsExclusiveBetweenProcesses) {
  std::optional<FileLock> held = must(FileLock::acquire(at("lock"), FileLock::Mode::Exclusive));
  auto tryIn = [&](FileLock::Mode mode) {
    return inChild([&] {
      auto lock = FileLock::tryAcquire(at("lock"), mode);
      if (lock) return 0;
      return kindOf(lock.takeError()) == FaultKind::Unavailable ? 1 : 2;
    });
  };
  EXPECT_EQ(tryIn(FileLock::Mode::Exclusive), 1);
  EXPECT_EQ(tryIn(FileLock::Mode::Shared), 1);
  held.reset();
  EXPECT_EQ(tryIn(FileLock::Mode::Exclusive), 0);
  held = must(FileLock::acquire(at("lock"), FileLock::Mode::Shared));
  EXPECT_EQ(tryIn(FileLock::Mode::Shared), 0);
  EXPECT_EQ(tryIn(FileLock::Mode::Exclusive), 1);
}

TEST_F(Files, ALockIsWaitedForAndGoesWithItsProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t child = ::fork();
  if (child == 0) {
    auto lock = FileLock::acquire(at("lock"), FileLock::Mode::Exclusive);
    [[maybe_unused]] ssize_t put = ::write(ready[1], "x", 1);
    ::usleep(100'000);
    ::kill(::getpid(), SIGKILL);
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FAULT(FileLock::tryAcquire(at("lock"), FileLock::Mode::Exclusive), FaultKind::Unavailable);
  must(FileLock::acquire(at("lock"), FileLock::Mode::Exclusive));
  int status;
  ::waitpid(child, &status, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace strata::testing
