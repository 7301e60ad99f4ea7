#include "runtime/oci/oci_runtime.h"

#include "runtime/oci/container_cgroup.h"
#include "runtime/oci/oci_bundle.h"
#include "runtime/oci/oci_command.h"
#include "runtime/spec/program.h"
#include "support/process.h"
#include "tests/runtime/busybox_root.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>

namespace strata::runtime {
namespace {
using namespace std::chrono_literals;
using strata::testing::BusyboxRoot;
using strata::testing::must;
using strata::testing::writeFile;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Run with every OCI runtime that is installed here.
class OciRuntimeTest : public ::testing::TestWithParam<const char*> {
protected:
  void SetUp() override {
    if (!BusyboxRoot::isAvailable()) GTEST_SKIP() << "needs root and /bin/busybox (package busybox-static)";
    if (!findProgram(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
    ASSERT_NO_FATAL_FAILURE(strata::testing::leaveSharedMounts());
    root_ = std::make_unique<BusyboxRoot>();
    work_ = std::make_unique<TempDir>(strata::testing::makeTempDir());
    runtime_ = must(findOciRuntime(GetParam()));
  }
  ContainerSpec command(std::vector<std::string> argv) {
    ContainerSpec spec;
    spec.argv = std::move(argv);
    spec.env = {"PATH=/bin"};
    spec.hostname = "box";
    return spec;
  }
  ContainerSpec shell(const std::string& script) { return command({"/bin/sh", "-c", script}); }

  std::string bundle() const { return work_->path() + "/bundle"; }
  std::string outputPath() const { return work_->path() + "/out"; }

  /// With our standard streams; the container's exit code.
  llvm::Expected<int> runHere(const ContainerSpec& wanted, bool interactive) {
    ContainerSpec spec = wanted;
    std::string id = "strata-test-" + std::to_string(::getpid());
    spec.cgroupPath = containerCgroupPath(id);
    OciContainer oci{runtime_, id, work_->path() + "/oci", work_->path() + "/oci.log", canMakeCgroups()};
    auto snapshot = root_->snapshot();
    if (auto error = prepareHostFor(runtime_)) return error;
    if (auto error = checkProgram(spec, snapshot->rootFd())) return error;
    auto bundle = OciBundle::make(this->bundle(), spec, *snapshot, oci.withCgroup);
    if (!bundle) return bundle.takeError();
    pid_t pid = ::fork();
    if (pid == 0) {
      std::vector<std::string> words = oci.command({"run", "--bundle", bundle->path(), id});
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      if (!interactive) ::dup2(::open("/dev/null", O_RDONLY), 0);
      ::execv(argv[0], argv.data());
      ::_exit(99);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    forgetContainer(oci, spec.cgroupPath);
    std::string said = loggedError(oci.log);
    if (!said.empty()) return runtimeFault(runtime_, spec.argv.front(), said);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  /// In a child: the container's exit code, or 200 + the kind of the fault, its message on standard error.
  [[noreturn]] void runInChild(const ContainerSpec& spec, bool interactive) {
    must(enterPrivateMounts());
    auto code = runHere(spec, interactive);
    if (code) ::_exit(*code);
    int kind = int(kindOf(code.takeError()));
    ::_exit(200 + kind);
  }
  pid_t start(const ContainerSpec& spec, const std::string& input = "", bool interactive = false) {
    writeFile(work_->path() + "/in", input);
    pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::dup2(::open((work_->path() + "/in").c_str(), O_RDONLY), 0);
    int out = ::open(outputPath().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    runInChild(spec, interactive);
  }
  int finish(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  int run(const ContainerSpec& spec) { return finish(start(spec)); }
  int run(const std::string& script) { return run(shell(script)); }
  std::string output() { return must(readFile(outputPath())); }
  bool outputBecomes(const std::string& part) {
    for (int i = 0; i < 1000; ++i, std::this_thread::sleep_for(5ms))
      if (pathExists(outputPath()) && output().find(part) != std::string::npos) return true;
    return false;
  }

  std::unique_ptr<BusyboxRoot> root_;
  std::unique_ptr<TempDir> work_;
  OciRuntime runtime_;
};

TEST_P(OciRuntimeTest, GivesTheExitCodeOfTheCommand) {
  EXPECT_EQ(run("echo hello; exit 7"), 7);
  EXPECT_EQ(output(), "hello\n");
  EXPECT_EQ(run("exit 1"), 1) << "not taken for a failure of the runtime: " << output();
  EXPECT_EQ(run("sh -c 'kill -9 $$'; exit $?"), 137);
}

TEST_P(OciRuntimeTest, NeitherBundleNorMountNorCgroupStays) {
  std::string before = strata::testing::mountsSeen();
  EXPECT_EQ(run("true"), 0);
  EXPECT_FALSE(pathExists(bundle()));
  EXPECT_EQ(strata::testing::mountsSeen(), before);
  auto found = must(
      runProcess({{"find", "/sys/fs/cgroup", "-maxdepth", "4", "-name", "strata-test-" + std::to_string(::getpid())},
                  {},
                  "",
                  ""}));
  EXPECT_EQ(found.output, "");
  EXPECT_TRUE(pathExists(root_->path("bin/busybox")));
}

TEST_P(OciRuntimeTest, HasDockersCapabilitiesSeccompAndMasks) {
  EXPECT_EQ(run(command({"cat", "/proc/self/status"})), 0) << output();
  std::string status = output();
  std::string expected = canMakeCgroups() ? "CapBnd:\t00000000a80425fb" : "CapBnd:\t00000000a00425fb";
  EXPECT_THAT(status, HasSubstr(expected));
  EXPECT_THAT(status, HasSubstr("CapInh:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("Seccomp:\t2"));
  EXPECT_EQ(run("cat /proc/timer_list | wc -c; (echo 1 > /proc/sys/kernel/panic) 2>&1; unshare -U true 2>&1"), 1);
  EXPECT_THAT(output(), StartsWith("0\n"));
  EXPECT_THAT(output(), HasSubstr("Read-only"));
  EXPECT_THAT(output(), HasSubstr("not permitted"));
}

TEST_P(OciRuntimeTest, ForeignDevicesDoNotOpen) {
  run("mknod /dev/sda b 254 0 2>&1; head -c 1 /dev/sda 2>&1; mknod /sda b 254 0 2>&1; head -c 1 /sda 2>&1; echo x > "
      "/dev/null && echo fine");
  EXPECT_THAT(output(), HasSubstr("not permitted"));
  EXPECT_THAT(output(), HasSubstr("fine"));
}

TEST_P(OciRuntimeTest, KnowsItsNameHostsAndEnvironment) {
  ContainerSpec spec = shell("hostname; cat /etc/hosts /etc/hostname; echo $HOME $HOSTNAME $A; pwd; id");
  spec.env.push_back("A=b");
  spec.workingDir = "/srv/new";
  spec.identity = {1000, 1001, {1001, 50}, "/home/bob"};
  EXPECT_EQ(run(spec), 0);
  EXPECT_THAT(output(), StartsWith("box\n127.0.0.1\tlocalhost box\n"));
  EXPECT_THAT(output(),
              HasSubstr("box\n/home/bob box b\n/srv/new\nuid=1000(bob) gid=1001(bob) groups=50(staff),1001(bob)"));
}

TEST_P(OciRuntimeTest, WithoutNetworkThereIsOnlyLoopback) {
  ContainerSpec spec = shell("ls /sys/class/net");
  spec.network = NetworkMode::None;
  EXPECT_EQ(run(spec), 0);
  EXPECT_EQ(output(), "lo\n");
}

TEST_P(OciRuntimeTest, MountsVolumesAndTmpfs) {
  writeFile(work_->path() + "/volume/f", "content\n");
  ContainerSpec spec = shell("cat /v/f; echo x > /v/g; (echo x > /r/g) 2>&1; echo y > /t/x && cat /t/x");
  spec.mounts.push_back({MountSpec::Kind::Bind, work_->path() + "/volume", -1, "/v", false, ""});
  spec.mounts.push_back({MountSpec::Kind::Bind, work_->path() + "/volume", -1, "/r", true, ""});
  spec.mounts.push_back({MountSpec::Kind::Tmpfs, "", -1, "/t", false, "size=1m"});
  EXPECT_EQ(run(spec), 0) << output();
  EXPECT_THAT(output(), StartsWith("content\n"));
  EXPECT_THAT(output(), HasSubstr("Read-only"));
  EXPECT_EQ(must(readFile(work_->path() + "/volume/g")), "x\n");
}

TEST_P(OciRuntimeTest, ReadOnlyRootRefusesWrites) {
  root_->makeMountPoints();
  ContainerSpec spec = shell("echo x > /f");
  spec.readOnlyRoot = true;
  EXPECT_NE(run(spec), 0);
  EXPECT_THAT(output(), HasSubstr("Read-only"));
}

TEST_P(OciRuntimeTest, ProgramsThatCannotStartAreToldApart) {
  int notFound = 200 + int(FaultKind::NotFound), denied = 200 + int(FaultKind::Denied);
  EXPECT_EQ(run(command({"ghost"})), notFound);
  EXPECT_EQ(run(command({"/bin/ghost"})), notFound);
  writeFile(root_->path("bin/plain"), "text", 0644);
  EXPECT_EQ(run(command({"plain"})), denied);
  EXPECT_EQ(run(command({"/etc"})), denied);
}

TEST_P(OciRuntimeTest, RuntimeFailureIsUnavailable) {
  ContainerSpec spec = shell("true");
  spec.mounts.push_back({MountSpec::Kind::Bind, "/no/such/directory", -1, "/v", false, ""});
  EXPECT_EQ(run(spec), 200 + int(FaultKind::Unavailable)) << output();
  EXPECT_FALSE(pathExists(bundle()));
}

TEST_P(OciRuntimeTest, PassesInputOnlyWhenInteractive) {
  EXPECT_EQ(finish(start(shell("cat"), "hello", true)), 0);
  EXPECT_EQ(output(), "hello");
  EXPECT_EQ(finish(start(shell("cat; echo end"), "hello", false)), 0);
  EXPECT_EQ(output(), "end\n");
}

TEST_P(OciRuntimeTest, TerminalHasItsSizeAndTakesInput) {
  int master = -1;
  winsize size{33, 101, 0, 0};
  pid_t pid = ::forkpty(&master, nullptr, nullptr, &size);
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    ContainerSpec spec = shell("tty; stty size; echo $TERM; read line; echo got $line; exit 4");
    spec.terminal = true;
    spec.terminalRows = 33;
    spec.terminalColumns = 101;
    runInChild(spec, true);
  }
  std::string seen;
  bool typed = false;
  char buffer[4096];
  for (ssize_t got; (got = ::read(master, buffer, sizeof buffer)) > 0;) {
    seen.append(buffer, size_t(got));
    if (!typed && seen.find("xterm") != std::string::npos) typed = ::write(master, "word\r", 5) == 5;
  }
  EXPECT_EQ(finish(pid), 4) << seen;
  EXPECT_THAT(seen, HasSubstr("/dev/pts/0"));
  EXPECT_THAT(seen, HasSubstr("33 101"));
  EXPECT_THAT(seen, HasSubstr("got word"));
  ::close(master);
}

INSTANTIATE_TEST_SUITE_P(Every, OciRuntimeTest, ::testing::Values("crun", "runc"),
                         [](const auto& info) { return std::string(info.param); });

TEST(FindOciRuntime, SaysWhatToInstall) {
  EXPECT_FAULT_SAYING(findOciRuntime("no-such-runtime"), FaultKind::NotFound, "install the package crun");
}

}  // namespace
}  // namespace strata::runtime
