#include "runtime/sandbox/sandbox.h"

#include "tests/runtime/busybox_root.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <csignal>
#include <fstream>
#include <thread>

namespace strata::runtime {
namespace {
using namespace std::chrono_literals;
using strata::testing::BusyboxRoot;
using strata::testing::DirectorySnapshot;
using strata::testing::must;
using strata::testing::writeFile;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

struct Outcome {
  int code = -1;
  std::string out, err;
  ExitStatus status;
};

class SandboxTest : public ::testing::Test {
protected:
  void SetUp() override {
    if (!BusyboxRoot::isAvailable()) GTEST_SKIP() << "needs root and /bin/busybox (package busybox-static)";
    ASSERT_NO_FATAL_FAILURE(strata::testing::leaveSharedMounts());
    root_ = std::make_unique<BusyboxRoot>();
  }
  ContainerSpec shell(const std::string& script) {
    ContainerSpec spec;
    spec.argv = {"/bin/sh", "-c", script};
    spec.env = {"PATH=/bin"};
    spec.hostname = "buildkitsandbox";
    return spec;
  }
  llvm::Expected<Outcome> tryRun(const ContainerSpec& spec,
                                 DirectorySnapshot::Form form = DirectorySnapshot::Form::Detached) {
    auto snapshot = root_->snapshot(form);
    Outcome run;
    auto keep = [&](llvm::StringRef bytes, bool isError) { (isError ? run.err : run.out) += bytes; };
    auto status = runSandboxed(spec, *snapshot, keep, cancel_);
    if (!status) return status.takeError();
    run.code = status->code;
    run.status = *status;
    return run;
  }
  /// A process of its own that runs `spec`, to be killed.
  pid_t startInChild(const ContainerSpec& spec) {
    pid_t parent = ::fork();
    if (parent != 0) return parent;
    auto outcome = tryRun(spec);
    if (!outcome) llvm::consumeError(outcome.takeError());
    ::_exit(0);
  }
  Outcome run(const ContainerSpec& spec) { return must(tryRun(spec)); }
  Outcome run(const std::string& script) { return run(shell(script)); }
  std::string outputOf(const std::string& script) { return run(script).out; }

  std::unique_ptr<BusyboxRoot> root_;
  CancelToken cancel_;
};

std::string mounts() { return strata::testing::mountsSeen(); }

std::string hostsResolvConf() { return pathExists("/etc/resolv.conf") ? must(readFile("/etc/resolv.conf")) : ""; }

/// Seconds to sleep that no other process of this machine sleeps, also not the same test run elsewhere.
std::string mark(int which) { return std::to_string(10'000'000 + ::getpid() * 10 + which); }

/// Processes of this machine that sleep so many seconds.
size_t sleepersOf(const std::string& seconds) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    auto text = readFile((entry.path() / "cmdline").string());
    if (!text)  // no process, or one that has just gone
      llvm::consumeError(text.takeError());
    else if (llvm::StringRef(*text).ends_with(llvm::StringRef("sleep\0", 6).str() + seconds + '\0'))
      ++count;
  }
  return count;
}
bool becomesTrue(llvm::function_ref<bool()> condition, std::chrono::milliseconds limit = 5000ms) {
  for (auto end = std::chrono::steady_clock::now() + limit; std::chrono::steady_clock::now() < end;
       std::this_thread::sleep_for(5ms))
    if (condition()) return true;
  return condition();
}

TEST_F(SandboxTest, KeepsOutputErrorAndExitCodeApart) {
  Outcome result = run("echo out; echo err >&2; exit 7");
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.code, 7);
  EXPECT_EQ(result.status.signal, 0);
}

TEST_F(SandboxTest, RunsOnAPlainDirectoryToo) {
  Outcome result = must(tryRun(shell("echo $$; echo x > /made"), DirectorySnapshot::Form::Plain));
  EXPECT_EQ(result.out, "1\n");
  EXPECT_EQ(must(readFile(root_->path("made"))), "x\n");
}

TEST_F(SandboxTest, TellsTheSignalThatEndedTheCommand) {
  Outcome result = run("kill -9 $$; sleep 1; true");
  EXPECT_EQ(result.code, 0) << "pid 1 is safe from its own signals, as in docker";
  result = run("sh -c 'kill -9 $$'; exit $?");
  EXPECT_EQ(result.code, 137);
}

TEST_F(SandboxTest, IsPidOneOfItsOwnNamespaces) {
  EXPECT_EQ(outputOf("echo $$"), "1\n");
  EXPECT_THAT(outputOf("ps | wc -l"), MatchesRegex("[3-5]\n"));
  std::string inside = outputOf("for n in mnt pid ipc uts; do readlink /proc/self/ns/$n; done");
  for (const char* name : {"mnt", "pid", "ipc", "uts"}) {
    std::string ours = std::filesystem::read_symlink(std::string("/proc/self/ns/") + name);
    EXPECT_THAT(inside, Not(HasSubstr(ours)));
  }
  EXPECT_EQ(outputOf("readlink /proc/self/ns/net"), std::filesystem::read_symlink("/proc/self/ns/net").string() + "\n");
}

TEST_F(SandboxTest, HasDockersCapabilitiesAndSeccomp) {
  ContainerSpec spec = shell("");
  spec.argv = {"cat", "/proc/self/status"};
  std::string status = run(spec).out;
  EXPECT_THAT(status, HasSubstr("CapBnd:\t00000000a80425fb"));
  EXPECT_THAT(status, HasSubstr("CapEff:\t00000000a80425fb"));
  EXPECT_THAT(status, HasSubstr("CapPrm:\t00000000a80425fb"));
  EXPECT_THAT(status, HasSubstr("CapInh:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("CapAmb:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t0"));
  EXPECT_THAT(status, HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(status, HasSubstr("SigBlk:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("SigIgn:\t0000000000000000"));
}

TEST_F(SandboxTest, ForbidsWhatTheProfileForbids) {
  EXPECT_THAT(run("unshare -U true").err, HasSubstr("not permitted"));
  EXPECT_THAT(run("unshare -n true").err, HasSubstr("not permitted"));
  Outcome mounting = run("mount -t tmpfs x /tmp");
  EXPECT_NE(mounting.code, 0);
  EXPECT_EQ(run("chroot / true").code, 0);
}

TEST_F(SandboxTest, UserWithoutPrivilegesHasNoCapabilities) {
  ContainerSpec spec = shell("id; cat /proc/self/status; echo $HOME");
  spec.identity = {1000, 1001, {1001, 10, 50}, "/home/bob"};
  std::string out = run(spec).out;
  EXPECT_THAT(out, StartsWith("uid=1000(bob) gid=1001(bob) groups=10(wheel),50(staff),1001(bob)"));
  EXPECT_THAT(out, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(out, HasSubstr("CapBnd:\t00000000a80425fb"));
  EXPECT_THAT(out, HasSubstr("/home/bob\n"));
}

TEST_F(SandboxTest, PrivilegedHasAllThatStrataHas) {
  ContainerSpec spec = shell("cat /proc/self/status; mount -t tmpfs x /tmp && echo mounted; ls /proc/acpi /dev");
  spec.privileged = true;
  std::string out = run(spec).out;
  std::string own = must(readFile("/proc/self/status"));
  size_t at = own.find("CapPrm:");
  EXPECT_THAT(out, HasSubstr(own.substr(at, 24)));
  EXPECT_THAT(out, HasSubstr("Seccomp:\t0"));
  EXPECT_THAT(out, HasSubstr("mounted"));
  EXPECT_THAT(out, HasSubstr("null"));
}

TEST_F(SandboxTest, MasksAndProtectsProc) {
  EXPECT_EQ(outputOf("cat /proc/kcore /proc/keys /proc/timer_list | wc -c"), "0\n");
  EXPECT_EQ(outputOf("ls /sys/firmware /proc/scsi 2>/dev/null | grep -v : | wc -c"), "0\n");
  EXPECT_THAT(run("echo 1 > /proc/sys/kernel/panic").err, HasSubstr("Read-only"));
  EXPECT_THAT(run("mkdir /sys/x").err, HasSubstr("Read-only"));
}

TEST_F(SandboxTest, GivesTheUsualDevices) {
  EXPECT_EQ(outputOf("head -c 3 /dev/zero | wc -c; echo x > /dev/null && echo ok; head -c 2 /dev/urandom | wc -c"),
            "3\nok\n2\n");
  EXPECT_THAT(run("echo x > /dev/full").err, HasSubstr("No space"));
  EXPECT_EQ(outputOf("for n in fd stdin stdout stderr ptmx; do readlink /dev/$n; done"),
            "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n");
  EXPECT_EQ(outputOf("stat -c %a /dev/null /dev/shm /dev/pts/ptmx"), "666\n1777\n666\n");
  EXPECT_EQ(outputOf("echo y > /dev/shm/f && cat /dev/shm/f; cat; echo end"), "y\nend\n") << "standard input is empty";
}

TEST_F(SandboxTest, DevicesThatTheContainerMakesDoNotOpen) {
  std::string host = outputOf(
      "mknod /null c 1 3 && mknod /dev/null2 c 1 3 && mknod /dev/shm/null c 1 3; ls /null /dev/null2;"
      "for f in /null /dev/null2 /dev/shm/null; do (echo x > $f) 2>&1; done");
  EXPECT_THAT(host, HasSubstr("can't create /null: Permission denied"));
  EXPECT_THAT(host, HasSubstr("can't create /dev/null2: Permission denied"));
  EXPECT_THAT(host, HasSubstr("can't create /dev/shm/null: Permission denied"));
}

TEST_F(SandboxTest, ChangingADeviceLeavesTheHostsAlone) {
  struct stat before, after;
  ASSERT_EQ(::stat("/dev/null", &before), 0);
  EXPECT_EQ(run("chmod 600 /dev/null /proc/self/fd/0").code, 0);
  ASSERT_EQ(::stat("/dev/null", &after), 0);
  EXPECT_EQ(before.st_mode, after.st_mode);
  EXPECT_EQ(outputOf("stat -c %a /dev/null"), "666\n");
}

TEST_F(SandboxTest, KnowsItsNameAndItsNameServers) {
  ContainerSpec spec = shell("hostname; cat /etc/hosts /etc/hostname");
  spec.extraHosts = {"db:10.0.0.7", "six:fd00::7"};
  std::string out = run(spec).out;
  EXPECT_THAT(out, StartsWith("buildkitsandbox\n"));
  EXPECT_THAT(out, HasSubstr("127.0.0.1\tlocalhost buildkitsandbox\n::1\tlocalhost"));
  EXPECT_THAT(out, HasSubstr("10.0.0.7\tdb\nfd00::7\tsix\n"));
  EXPECT_EQ(outputOf("cat /etc/resolv.conf"), hostsResolvConf());
  EXPECT_EQ(run("echo 1.2.3.4 x >> /etc/hosts && grep -c 1.2.3.4 /etc/hosts").out, "1\n") << "writable, for this run";
}

TEST_F(SandboxTest, WithoutNetworkThereIsOnlyLoopback) {
  ContainerSpec spec = shell("ls /sys/class/net; ifconfig lo");
  spec.network = NetworkMode::None;
  std::string out = run(spec).out;
  EXPECT_THAT(out, StartsWith("lo\n"));
  EXPECT_THAT(out, HasSubstr("UP LOOPBACK RUNNING"));
  EXPECT_THAT(out, HasSubstr("127.0.0.1"));
}

TEST_F(SandboxTest, LeavesNoMountPointsBehind) {
  struct stat before, after;
  ::stat(root_->path("etc").c_str(), &before);
  EXPECT_EQ(run("true").code, 0);
  ::stat(root_->path("etc").c_str(), &after);
  for (const char* name : {"proc", "sys", "dev", "etc/hosts", "etc/resolv.conf", "etc/hostname"})
    EXPECT_FALSE(pathExists(root_->path(name))) << name;
  EXPECT_EQ(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
  EXPECT_EQ(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

TEST_F(SandboxTest, KeepsWhatTheContainerItselfWrote) {
  EXPECT_EQ(run("echo x > /etc/x; mkdir -p /data/sub; echo y > /data/sub/y").code, 0);
  EXPECT_EQ(must(readFile(root_->path("etc/x"))), "x\n");
  EXPECT_EQ(must(readFile(root_->path("data/sub/y"))), "y\n");
}

TEST_F(SandboxTest, MakesTheWorkingDirectory) {
  ContainerSpec spec = shell("pwd; touch here");
  spec.workingDir = "/srv/app/deep";
  EXPECT_EQ(run(spec).out, "/srv/app/deep\n");
  struct stat status;
  ASSERT_EQ(::stat(root_->path("srv/app/deep").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755u);
  EXPECT_EQ(status.st_uid, 0u);
  EXPECT_TRUE(pathExists(root_->path("srv/app/deep/here")));
}

TEST_F(SandboxTest, WorkingDirectoryOutOfTheRootIsRefused) {
  for (int fd = 0; fd < 40; ++fd) {
    ContainerSpec spec = shell("cat etc/shadow ../../../../etc/shadow");
    spec.workingDir = "/proc/self/fd/" + std::to_string(fd);
    auto result = tryRun(spec);
    if (!result) {
      llvm::consumeError(result.takeError());
      continue;
    }
    EXPECT_EQ(result->out, "") << spec.workingDir;
  }
}

TEST_F(SandboxTest, FindsTheProgramInTheContainersPath) {
  ContainerSpec spec = shell("");
  spec.argv = {"true"};
  EXPECT_EQ(run(spec).code, 0);
  spec.argv = {"ghost"};
  EXPECT_FAULT_SAYING(tryRun(spec), FaultKind::NotFound, "exec: \"ghost\": executable file not found in $PATH");
  spec.argv = {"/bin/ghost"};
  EXPECT_FAULT_SAYING(tryRun(spec), FaultKind::NotFound, "stat /bin/ghost: no such file or directory");
  writeFile(root_->path("bin/plain"), "#!/bin/sh\n", 0644);
  spec.argv = {"/bin/plain"};
  EXPECT_FAULT_SAYING(tryRun(spec), FaultKind::Denied, "permission denied");
  writeFile(root_->path("bin/script"), "#!/no/interpreter\n", 0755);
  spec.argv = {"/bin/script"};
  EXPECT_FAULT_SAYING(tryRun(spec), FaultKind::NotFound, "interpreter");
  writeFile(root_->path("bin/garbage"),
            "\x7f"
            "ELFnot",
            0755);
  spec.argv = {"garbage"};
  EXPECT_FAULT_SAYING(tryRun(spec), FaultKind::Denied, "exec format error");
}

TEST_F(SandboxTest, PassesItsEnvironmentAndNothingElse) {
  ContainerSpec spec = shell("env");
  spec.env = {"PATH=/bin", "A=1 2", "HOME=/h"};
  EXPECT_EQ(run(spec).out.find("A=1 2"), run(spec).out.find("A="));
  spec.argv = {"/bin/env"};
  EXPECT_EQ(run(spec).out, "PATH=/bin\nA=1 2\nHOME=/h\n");
}

TEST_F(SandboxTest, MountsWhatIsAsked) {
  auto outside = strata::testing::makeTempDir();
  writeFile(outside.path() + "/f", "content");
  writeFile(outside.path() + "/single", "one");
  ContainerSpec spec = shell(
      "cat /in/f /file; (echo x > /in/g) 2>&1; echo w > /rw/g; echo t > /t/deep/x; cat /t/deep/x; stat -f -c %T /t");
  UniqueFd byFd(::open(outside.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  spec.mounts.push_back({MountSpec::Kind::Bind, outside.path(), -1, "/in", true, ""});
  spec.mounts.push_back({MountSpec::Kind::Bind, outside.path() + "/single", -1, "/file", true, ""});
  spec.mounts.push_back({MountSpec::Kind::Bind, "", byFd.get(), "/rw", false, ""});
  spec.mounts.push_back({MountSpec::Kind::Tmpfs, "", -1, "/t/deep", false, "size=1m"});
  spec.mounts.push_back({MountSpec::Kind::Tmpfs, "", -1, "/t", false, ""});
  Outcome result = run(spec);
  EXPECT_THAT(result.out, StartsWith("contentone"));
  EXPECT_THAT(result.out, HasSubstr("can't create /in/g: Read-only file system"));
  EXPECT_THAT(result.out, HasSubstr("t\ntmpfs\n"));
  EXPECT_EQ(must(readFile(outside.path() + "/g")), "w\n");
  for (const char* name : {"in", "file", "rw", "t"}) EXPECT_FALSE(pathExists(root_->path(name))) << name;
}

TEST_F(SandboxTest, MountsPartsOfADetachedMount) {
  TempDir source = strata::testing::makeTempDir();
  writeFile(source.path() + "/dir/sub/file", "part");
  DirectorySnapshot whole(source.path(), DirectorySnapshot::Form::Detached);
  DirectorySnapshot again(source.path(), DirectorySnapshot::Form::Detached);
  ContainerSpec spec = shell("cat /part/file /one; touch /part/x || echo read-only; ls /proc | grep -c ^source");
  spec.mounts = {{.sourceFd = whole.rootFd(), .target = "/part", .readOnly = true},
                 {.sourceFd = again.rootFd(), .target = "/one", .readOnly = true}};
  for (MountSpec& mount : spec.mounts) mount.sourceIsMount = true;
  spec.mounts[0].below = "dir/sub";
  spec.mounts[1].below = "dir/sub/file";
  EXPECT_EQ(run(spec).out, "partpartread-only\n0\n");
  EXPECT_FALSE(pathExists(root_->path("one")));
}

TEST_F(SandboxTest, FilesInMemoryHaveTheirModeAndNoPlaceOnDisk) {
  ContainerSpec spec =
      shell("stat -c '%a %u:%g' /deep/secret; cat /deep/secret; echo x > /deep/secret; /deep/run; /deep/data");
  spec.files = {{.target = "/deep/secret", .content = "hidden\n", .mode = 0440, .uid = 3, .gid = 4},
                {.target = "/deep/run", .content = "#!/bin/sh\necho runs\n", .mode = 0500},
                {.target = "/deep/data", .content = "#!/bin/sh\necho wrong\n", .mode = 0400}};
  Outcome outcome = run(spec);
  EXPECT_EQ(outcome.out, "440 3:4\nhidden\nruns\n");
  EXPECT_THAT(outcome.err, HasSubstr("Read-only file system"));
  EXPECT_THAT(outcome.err, HasSubstr("ermission denied"));
  EXPECT_FALSE(pathExists(root_->path("deep")));
}

TEST_F(SandboxTest, AppliesLimits) {
  ContainerSpec spec = shell("ulimit -n; ulimit -Hn");
  spec.ulimits = {must(parseUlimit("nofile=50:60"))};
  EXPECT_EQ(run(spec).out, "50\n60\n");
}

TEST_F(SandboxTest, MissingMountSourceIsNamed) {
  ContainerSpec spec = shell("true");
  spec.mounts.push_back({MountSpec::Kind::Bind, "/no/such/thing", -1, "/in", true, ""});
  EXPECT_FAULT_SAYING(tryRun(spec), FaultKind::NotFound, "/no/such/thing");
}

TEST_F(SandboxTest, HostileLinksLeadNowhereOutside) {
  auto outside = strata::testing::makeTempDir();
  std::filesystem::create_directories(outside.path() + "/etc");
  std::string before = mounts();
  std::filesystem::remove_all(root_->path("etc"));
  std::filesystem::create_symlink("../../../../../../.." + outside.path() + "/etc", root_->path("etc"));
  std::filesystem::create_symlink("/../.." + outside.path() + "-dev", root_->path("dev"));
  std::filesystem::create_symlink("../../../../proc", root_->path("sys"));
  Outcome result = run("echo x > /etc/evil; ls -d /etc/evil /dev/null");
  EXPECT_EQ(result.out, "/dev/null\n/etc/evil\n");
  EXPECT_TRUE(std::filesystem::is_empty(outside.path() + "/etc"));
  EXPECT_FALSE(pathExists(outside.path() + "-dev"));
  EXPECT_EQ(mounts(), before);
}

TEST_F(SandboxTest, DanglingResolvConfLinkIsFollowedInsideAndCleanedUp) {
  std::filesystem::create_symlink("../run/systemd/resolve/stub.conf", root_->path("etc/resolv.conf"));
  EXPECT_EQ(outputOf("cat /etc/resolv.conf"), hostsResolvConf());
  EXPECT_TRUE(std::filesystem::is_symlink(root_->path("etc/resolv.conf")));
  EXPECT_FALSE(pathExists(root_->path("run")));
}

TEST_F(SandboxTest, MuchOutputTakesLittleMemory) {
  auto snapshot = root_->snapshot();
  rusage before, after;
  ::getrusage(RUSAGE_SELF, &before);
  uint64_t seen = 0;
  size_t largest = 0;
  auto count = [&](llvm::StringRef bytes, bool) {
    seen += bytes.size();
    largest = std::max(largest, bytes.size());
  };
  auto status = must(runSandboxed(shell("dd if=/dev/zero bs=64k count=1600 2>/dev/null"), *snapshot, count, cancel_));
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(status.code, 0);
  EXPECT_EQ(seen, 100u << 20);
  EXPECT_LE(largest, 64u << 10);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 4096);
}

TEST_F(SandboxTest, BackgroundProcessesEndWithTheCommand) {
  auto begin = std::chrono::steady_clock::now();
  Outcome result =
      run("(setsid sh -c 'setsid sleep " + mark(1) + " & sleep " + mark(2) + "' &) ; sleep 0.1; echo done");
  EXPECT_EQ(result.out, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  EXPECT_EQ(sleepersOf(mark(1)) + sleepersOf(mark(2)), 0u);
}

TEST_F(SandboxTest, CancellingEndsTheWholeTree) {
  std::thread stopper([&] {
    becomesTrue([] { return sleepersOf(mark(1)) == 1; });
    cancel_.cancel();
  });
  auto begin = std::chrono::steady_clock::now();
  EXPECT_FAULT(tryRun(shell("trap '' TERM INT; (setsid setsid sleep " + mark(1) + " &); sleep " + mark(2))),
               FaultKind::Cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  stopper.join();
  EXPECT_EQ(sleepersOf(mark(1)) + sleepersOf(mark(2)), 0u);
  EXPECT_FAULT(tryRun(shell("true")), FaultKind::Cancelled);
}

TEST_F(SandboxTest, KillingStrataEndsTheTree) {
  std::string one = mark(3), other = mark(4);
  ContainerSpec spec = shell("(setsid sleep " + one + " &); sleep " + other);
  pid_t parent = startInChild(spec);
  EXPECT_TRUE(becomesTrue([&] { return sleepersOf(one) == 1 && sleepersOf(other) == 1; }));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(becomesTrue([&] { return sleepersOf(one) + sleepersOf(other) == 0; }));
}

TEST_F(SandboxTest, KillingStrataEndsASetuidProgramToo) {
  std::filesystem::create_directory(root_->path("s"));
  std::filesystem::copy_file(strata::testing::kBusybox, root_->path("s/sleep"));
  ASSERT_EQ(::chmod(root_->path("s/sleep").c_str(), 04755), 0);
  std::string one = mark(5);
  ContainerSpec spec = shell("");
  spec.argv = {"/s/sleep", one};
  spec.identity.uid = 1000;
  pid_t parent = startInChild(spec);
  EXPECT_TRUE(becomesTrue([&] { return sleepersOf(one) == 1; }));
  std::this_thread::sleep_for(50ms);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(becomesTrue([&] { return sleepersOf(one) == 0; }));
}

TEST_F(SandboxTest, WithoutTheRightToMountItSaysWhatToDo) {
  auto snapshot = root_->snapshot();
  pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(9);
    auto status = runSandboxed(
        shell("true"), *snapshot, [](llvm::StringRef, bool) {}, cancel_);
    if (status) ::_exit(8);
    bool isRight = kindOf(status.takeError()) == FaultKind::Unsupported;
    ::_exit(isRight ? 0 : 7);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(SandboxTest, LeavesNoMountNoDescriptorAndNoChild) {
  run("true");
  ContainerSpec other = shell("true");
  other.identity.uid = 1000;
  run(other);
  std::string mountsBefore = mounts();
  size_t before = testing::openDescriptors();
  for (int i = 0; i < 10; ++i) run(i % 2 ? shell("true") : other);
  EXPECT_EQ(testing::openDescriptors(), before);
  EXPECT_EQ(mounts(), mountsBefore);
  EXPECT_EQ(::waitpid(-1, nullptr, __WALL | WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(SandboxTest, ManyThreadsRunAtOnce) {
  root_->makeMountPoints();  // as many containers on one root find them
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  auto snapshot = root_->snapshot();
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int turn = 0; turn < 10; ++turn) {
        std::string out;
        auto status = runSandboxed(
            shell("echo " + std::to_string(i)), *snapshot, [&](llvm::StringRef bytes, bool) { out += bytes; }, cancel_);
        if (!status)
          llvm::consumeError(status.takeError());
        else if (status->code == 0 && out == std::to_string(i) + "\n")
          ++right;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 80);
}

TEST_F(SandboxTest, MeasuresWhatTheTreeUsed) {
  Outcome result = run("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done");
  EXPECT_GT(result.status.userTime + result.status.systemTime, 10ms);
}

}  // namespace
}  // namespace strata::runtime
