#include "runtime/oci/oci_runtime.h"

#include "runtime/oci/oci_bundle.h"
#include "runtime/spec/program.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/text.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>

extern char** environ;

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr StringRef kKnown[] = {"crun", "runc"};
constexpr size_t kLargestLog = 1 << 20;
constexpr int kImpatient = 3;  // so many INT or TERM from the user end the container by force, as docker counts

std::atomic<bool> hasPrivateMounts{false};

bool isCrun(const OciRuntime& runtime) { return StringRef(runtime.name).contains("crun"); }

std::vector<std::string> commandLine(const OciRuntime& runtime, const OciBundle& bundle, bool withCgroup) {
  std::vector<std::string> argv = {runtime.path,   "--root", bundle.stateRoot(), "--log", bundle.log(),
                                   "--log-format", "json"};
  if (isCrun(runtime)) argv.push_back(withCgroup ? "--cgroup-manager=cgroupfs" : "--cgroup-manager=disabled");
  return argv;
}

/// crun gives up where both versions of cgroups are mounted; with the second gone it works with the first.
llvm::Error hideUnifiedCgroup() {
  constexpr char kUnified[] = "/sys/fs/cgroup/unified";
  struct statfs above, unified;
  if (::statfs("/sys/fs/cgroup", &above) != 0 || above.f_type == CGROUP2_SUPER_MAGIC) return llvm::Error::success();
  if (::statfs(kUnified, &unified) != 0 || unified.f_type != CGROUP2_SUPER_MAGIC) return llvm::Error::success();
  if (::umount2(kUnified, MNT_DETACH) != 0) return errnoFault("unmount " + llvm::Twine(kUnified));
  return llvm::Error::success();
}

/// The signals that are handed on, held back from us while this lives.
class SignalRelay {
public:
  SignalRelay() {
    sigemptyset(&set_);
    for (int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH}) sigaddset(&set_, number);
    ::pthread_sigmask(SIG_BLOCK, &set_, &old_);
    fd_.reset(::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~SignalRelay() { ::pthread_sigmask(SIG_SETMASK, &old_, nullptr); }
  SignalRelay(const SignalRelay&) = delete;
  SignalRelay& operator=(const SignalRelay&) = delete;
  int fd() const { return fd_.get(); }

  /// Hands on what has come. What the terminal sent has reached the runtime too: it is of our process group.
  void relay(pid_t runtime) {
    signalfd_siginfo info;
    while (::read(fd_.get(), &info, sizeof info) == ssize_t(sizeof info)) {
      if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM) ++stops_;
      if (info.ssi_code <= 0) ::kill(runtime, int(info.ssi_signo));
    }
  }
  int stops() const { return stops_; }

private:
  sigset_t set_{}, old_{};
  UniqueFd fd_;
  int stops_ = 0;
};

std::vector<char*> pointersTo(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// With our standard output and error; with our input if it is wanted.
llvm::Expected<pid_t> spawn(std::vector<std::string> argv, bool withInput) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!withInput) posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  int code = posix_spawn(&pid, argv.front().c_str(), &actions, &attributes, pointersTo(argv).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) return errnoFault("start " + argv.front(), code);
  return pid;
}

/// Waits for the runtime's end; `force` is called when the user has lost patience.
llvm::Expected<ExitStatus> attend(pid_t pid, SignalRelay& signals, llvm::function_ref<void()> force) {
  UniqueFd pidfd(int(::syscall(SYS_pidfd_open, pid, 0)));
  bool isForced = false;
  for (bool ended = false; !ended && pidfd;) {
    pollfd waits[] = {{pidfd.get(), POLLIN, 0}, {signals.fd(), POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0) continue;  // EINTR
    if (waits[1].revents) signals.relay(pid);
    if (!isForced && signals.stops() >= kImpatient) {
      isForced = true;
      force();
    }
    ended = waits[0].revents != 0;
  }
  int status = 0;
  rusage usage{};
  while (::wait4(pid, &status, 0, &usage) < 0)
    if (errno != EINTR) return errnoFault("wait for the OCI runtime");
  ExitStatus exit;
  exit.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  exit.code = exit.signal ? 128 + exit.signal : WEXITSTATUS(status);
  exit.userTime = std::chrono::seconds(usage.ru_utime.tv_sec) + std::chrono::microseconds(usage.ru_utime.tv_usec);
  exit.systemTime = std::chrono::seconds(usage.ru_stime.tv_sec) + std::chrono::microseconds(usage.ru_stime.tv_usec);
  exit.peakMemory = uint64_t(usage.ru_maxrss) * 1024;
  return exit;
}

/// The last error that the runtime logged; empty: none.
std::string loggedError(const OciBundle& bundle) {
  auto text = readFile(bundle.log(), kLargestLog);
  if (!text) {
    llvm::consumeError(text.takeError());
    return "";
  }
  std::string message;
  llvm::SmallVector<StringRef> lines;
  StringRef(*text).split(lines, '\n', -1, false);
  for (StringRef line : lines) {
    auto json = parseJson(line);
    if (!json) {
      llvm::consumeError(json.takeError());
      continue;
    }
    const llvm::json::Object* entry = json->getAsObject();
    if (entry && entry->getString("level") == StringRef("error")) message = entry->getString("msg").value_or("").str();
  }
  return message;
}

/// What the runtime's words mean. Source: messages of crun 1.8 to 1.20 and runc 1.1 to 1.3.
llvm::Error runtimeFault(const OciRuntime& runtime, const std::string& program, StringRef message) {
  std::string said = message.lower();
  StringRef lower = said;
  bool isAboutProgram = lower.contains("exec") && !lower.contains("seccomp");
  if (isAboutProgram && lower.contains("missing dynamic library")) return missingInterpreterFault(program);
  if (isAboutProgram && (lower.contains("not found in $path") || lower.contains("no such file or directory")))
    return programFault(program, ENOENT);
  if (isAboutProgram && lower.contains("exec format error")) return programFault(program, ENOEXEC);
  if (isAboutProgram &&
      (lower.contains("permission denied") || lower.contains("open executable: operation not permitted")))
    return programFault(program, EACCES);
  return fault(FaultKind::Unavailable, runtime.name + " failed: " + printable(message));
}

/// Ends and forgets the container, in case the runtime has not.
void deleteContainer(const OciRuntime& runtime, const OciBundle& bundle, bool withCgroup, const std::string& id) {
  if (!pathExists(bundle.stateRoot() + "/" + id)) return;
  ProcessSpec remove{commandLine(runtime, bundle, withCgroup), {}, "", ""};
  for (const char* word : {"delete", "-f"}) remove.argv.push_back(word);
  remove.argv.push_back(id);
  auto result = runProcess(remove);
  if (!result) llvm::consumeError(result.takeError());
}
}  // namespace

llvm::Expected<OciRuntime> findOciRuntime(StringRef wanted) {
  if (!wanted.empty()) {
    if (auto path = findProgram(wanted)) return OciRuntime{wanted.substr(wanted.rfind('/') + 1).str(), *path};
    return fault(FaultKind::NotFound, "no OCI runtime '" + printable(wanted) + "'; install the package crun or runc");
  }
  std::vector<OciRuntime> installed = installedOciRuntimes();
  if (!installed.empty()) return installed.front();
  return fault(FaultKind::NotFound, "no OCI runtime is installed; install the package crun (or runc)");
}

std::vector<OciRuntime> installedOciRuntimes() {
  std::vector<OciRuntime> installed;
  for (StringRef name : kKnown)
    if (auto path = findProgram(name)) installed.push_back({name.str(), *path});
  return installed;
}

llvm::Expected<ExitStatus> runForeground(const OciRuntime& runtime, const ContainerSpec& spec,
                                         layerfs::Snapshot& snapshot, const ForegroundOptions& options) {
  if (spec.argv.empty()) return fault(FaultKind::Invalid, "no command to run");
  assert(hasPrivateMounts && "enterPrivateMounts comes first");
  if (auto error = checkProgram(spec, snapshot.rootFd())) return error;
  if (isCrun(runtime) && hasPrivateMounts)
    if (auto error = hideUnifiedCgroup()) return error;
  bool withCgroup = canMakeCgroups();
  ContainerSpec adjusted = spec;
  adjusted.terminal = options.terminal;
  auto bundle = OciBundle::make(options.bundleRoot, adjusted, snapshot, withCgroup);
  if (!bundle) return bundle.takeError();

  SignalRelay signals;
  std::vector<std::string> argv = commandLine(runtime, *bundle, withCgroup);
  for (const char* word : {"run", "--bundle"}) argv.push_back(word);
  argv.push_back(bundle->path());
  argv.push_back(options.id);
  auto pid = spawn(std::move(argv), options.interactive || options.terminal);
  if (!pid) return pid.takeError();
  auto end = [&] { deleteContainer(runtime, *bundle, withCgroup, options.id); };
  auto exit = attend(*pid, signals, end);
  end();
  if (!exit) return exit.takeError();
  // A runtime's own failures come as one of these; so may the container's, which logs nothing.
  bool maybeRuntimes = exit->code == 1 || (exit->code >= 125 && exit->code <= 127);
  std::string logged = maybeRuntimes ? loggedError(*bundle) : "";
  if (!logged.empty()) return runtimeFault(runtime, spec.argv.front(), logged);
  return exit;
}

llvm::Error enterPrivateMounts() {
  if (::unshare(CLONE_NEWNS) != 0) {
    if (errno != EPERM) return errnoFault("make a mount namespace");
    return fault(FaultKind::Unsupported, "mounting needs more rights: run strata as root (CAP_SYS_ADMIN)");
  }
  // Slave, not private: what the host unmounts is not kept busy by us.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return errnoFault("keep mounts to ourselves");
  hasPrivateMounts = true;
  return llvm::Error::success();
}

}  // namespace strata::runtime
