#include "runtime/sandbox/read_trace.h"

#include "layerfs/overlay_mount.h"
#include "runtime/sandbox/sandbox.h"
#include "tests/runtime/busybox_root.h"

#include <sys/wait.h>
#include <future>
#include <set>

namespace strata::runtime {
namespace {
using strata::testing::BusyboxRoot;
using strata::testing::must;
using strata::testing::writeFile;
using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Not;

/// A root as a build mounts it: a lower directory and a place for changes.
class OverlaySnapshot : public layerfs::Snapshot {
public:
  explicit OverlaySnapshot(const std::string& lower) : changes_(testing::makeTempDir()) {
    std::string upper = changes_.path() + "/upper", work = changes_.path() + "/work";
    must(makeDirectories(upper));
    must(makeDirectories(work));
    mount_ = must(layerfs::mountOverlay({.lowers = {{.path = lower}}, .upper = upper, .work = work}));
  }
  int rootFd() const override { return mount_.get(); }
  bool isDetachedMount() const override { return true; }
  llvm::Error attachAt(const std::string&) override { return fault(FaultKind::Unsupported, "not here"); }
  llvm::Error collectChanges() override { return llvm::Error::success(); }

private:
  TempDir changes_;
  UniqueFd mount_;
};

class ReadTraceTest : public ::testing::Test {
protected:
  void SetUp() override {
    if (!BusyboxRoot::isAvailable()) GTEST_SKIP() << "needs root and /bin/busybox (package busybox-static)";
    root_.makeMountPoints();
    writeFile(root_.path("app/package.json"), "{}");
    writeFile(root_.path("app/src/deep/er/main.c"), "int x;");
    writeFile(root_.path("app/src/other.c"), "int y;");
    writeFile(root_.path("app/two\nlines"), "text");
    writeFile(root_.path("app/gone (deleted)"), "its name");
  }
  ContainerSpec shell(const std::string& script) {
    ContainerSpec spec;
    spec.argv = {"/bin/sh", "-c", script};
    spec.env = {"PATH=/bin"};
    spec.hostname = "buildkitsandbox";
    spec.workingDir = "/app";
    return spec;
  }
  OpenedPaths run(ReadTrace& trace, const ContainerSpec& spec) {
    OverlaySnapshot snapshot(root_.path());
    std::string printed;
    auto keep = [&](llvm::StringRef bytes, bool) { printed += bytes; };
    EXPECT_EQ(must(runSandboxed(spec, snapshot, keep, cancel_, &trace)).code, 0) << printed;
    return must(trace.finish());
  }
  OpenedPaths opened(const std::string& script) { return run(*must(ReadTrace::make()), shell(script)); }
  static std::set<std::string> namesIn(const OpenedPaths& opened) {
    std::set<std::string> names;
    for (const auto& entry : opened.paths) names.insert(entry.first().str());
    return names;
  }

  BusyboxRoot root_;
  CancelToken cancel_;
};

TEST_F(ReadTraceTest, TellsExactlyTheFilesThatProcessesOpen) {
  OpenedPaths seen = opened("cat package.json; sh -c 'sh -c \"cat src/deep/er/main.c\"'; cat two*lines; cd src");
  EXPECT_FALSE(seen.incomplete);
  EXPECT_EQ(namesIn(seen), (std::set<std::string>{"app", "app/package.json", "app/src/deep/er/main.c", "app/two\nlines",
                                                  "bin/busybox"}));  // "app": the shell's *
}

TEST_F(ReadTraceTest, TellsProgramsFromFilesThatAreOnlyRead) {
  OpenedPaths seen = opened("cat package.json /bin/busybox >/dev/null");
  EXPECT_TRUE(seen.paths["bin/busybox"].executed);
  EXPECT_FALSE(seen.paths["app/package.json"].executed);
}

TEST_F(ReadTraceTest, AttributesAndLinksAreNoOpening) {
  EXPECT_EQ(namesIn(opened("test -s package.json; test -e src/other.c; readlink /bin/sh")),
            (std::set<std::string>{"bin/busybox"}));
}

TEST_F(ReadTraceTest, ADirectoryIsOpenedToBeListed) {
  auto names = namesIn(opened("ls src; ls /"));
  EXPECT_THAT(names, IsSupersetOf({"app/src", ""}));
  EXPECT_THAT(names, Not(Contains("app/src/other.c")));
}

TEST_F(ReadTraceTest, WritingOpensToo) {
  EXPECT_THAT(namesIn(opened("echo more >>package.json; echo new >made")),
              IsSupersetOf({"app/package.json", "app/made"}));
}

TEST_F(ReadTraceTest, FilesThatAreDeletedMeanwhileKeepTheirNames) {
  EXPECT_THAT(namesIn(opened("cat src/other.c && rm src/other.c")), Contains("app/src/other.c"));
  EXPECT_THAT(namesIn(opened("cat gone*")), Contains("app/gone (deleted)"));
}

TEST_F(ReadTraceTest, AFileThatIsRenamedLaterHasItsOldName) {
  EXPECT_THAT(namesIn(opened("cat package.json; sleep 0.5; mv package.json moved.json")), Contains("app/package.json"));
}

TEST_F(ReadTraceTest, OtherMountsAndOtherProcessesDoNotCount) {
  TempDir bound = testing::makeTempDir();
  writeFile(bound.path() + "/inside", "text");
  ContainerSpec spec = shell("cat /app/src/inside /proc/self/status /dev/null >/dev/null; cat /etc/hosts; sleep 0.3");
  spec.mounts.push_back({.source = bound.path(), .target = "/app/src", .readOnly = true});
  auto trace = must(ReadTrace::make());
  auto ours = std::async(std::launch::async, [&] {
    for (int i = 0; i < 30; ++i) {
      must(readFile(root_.path("app/package.json")));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  EXPECT_EQ(namesIn(run(*trace, spec)), (std::set<std::string>{"bin/busybox"}));
  ours.get();
}

TEST_F(ReadTraceTest, TracesAtTheSameTimeAreApart) {
  auto one = std::async(std::launch::async, [&] { return opened("sleep 0.2; cat package.json; sleep 0.2"); });
  auto two = std::async(std::launch::async, [&] { return opened("sleep 0.2; cat src/other.c; sleep 0.2"); });
  EXPECT_EQ(namesIn(one.get()), (std::set<std::string>{"app/package.json", "bin/busybox"}));
  EXPECT_EQ(namesIn(two.get()), (std::set<std::string>{"app/src/other.c", "bin/busybox"}));
}

TEST_F(ReadTraceTest, FifosDoNotHoldItUp) {
  EXPECT_FALSE(opened("/bin/busybox mkfifo f; (cat f; cat package.json) & echo text >f; wait").incomplete);
}

TEST_F(ReadTraceTest, AFullTraceForgetsWhatTheRunItselfHasMade) {
  const std::string script = "for i in $(seq 100); do echo x >made$i; done; cat package.json";
  auto wasThere = [&](llvm::StringRef path) { return pathExists(root_.path(path)); };
  auto names = namesIn(run(*must(ReadTrace::make(wasThere, {.paths = 10, .bytes = 4096})), shell(script)));
  EXPECT_THAT(names, IsSupersetOf({"app/package.json", "bin/busybox"}));
  EXPECT_LE(names.size(), 10u);
}

TEST_F(ReadTraceTest, WhatDoesNotFitIsSaid) {
  const std::string script = "for i in $(seq 100); do echo x >made$i; done";
  OpenedPaths few = run(*must(ReadTrace::make({}, {.paths = 10, .bytes = 4096})), shell(script));
  EXPECT_TRUE(few.incomplete);
  EXPECT_EQ(few.paths.size(), 10u);
  OpenedPaths short_ = run(*must(ReadTrace::make({}, {.paths = 1000, .bytes = 64})), shell(script));
  EXPECT_TRUE(short_.incomplete);
  EXPECT_LT(short_.paths.size(), 10u);
}

TEST_F(ReadTraceTest, ManyOpensAtOnceAreAllTold) {
  for (int i = 0; i < 5'000; ++i) writeFile(root_.path("many/" + std::to_string(i)), "");
  OpenedPaths seen = opened("cd /many && seq 0 4999 | while read i; do : <$i; done");
  EXPECT_FALSE(seen.incomplete);
  EXPECT_GE(seen.paths.size(), 5'000u);
}

TEST_F(ReadTraceTest, LeavesNothingOpen) {
  opened("true");
  size_t before = testing::openDescriptors();
  opened("cat package.json");
  { auto unused = must(ReadTrace::make()); }
  {
    auto abandoned = must(ReadTrace::make());
    OverlaySnapshot snapshot(root_.path());
    auto ignore = [](llvm::StringRef, bool) {};
    EXPECT_EQ(must(runSandboxed(shell("exit 3"), snapshot, ignore, cancel_, abandoned.get())).code, 3);
  }
  EXPECT_EQ(testing::openDescriptors(), before);
}

TEST_F(ReadTraceTest, ARunGoesOnWhereItsRootCannotBeWatched) {
  auto trace = must(ReadTrace::make());
  trace->watch(-1);
  EXPECT_EQ(testing::faultOf(trace->finish()).kind, FaultKind::Io);
}

TEST_F(ReadTraceTest, WithoutTheRightItIsUnsupported) {
  pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(9);
    auto trace = ReadTrace::make();
    ::_exit(!trace && kindOf(trace.takeError()) == FaultKind::Unsupported ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
}  // namespace
}  // namespace strata::runtime
