#include "runtime/networks/name_server.h"

#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <thread>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using namespace std::chrono_literals;

constexpr llvm::StringLiteral kAardvarkPlaces[] = {"/usr/lib/podman/aardvark-dns", "/usr/libexec/podman/aardvark-dns"};
constexpr llvm::StringLiteral kProcessFile = "aardvark.pid";
constexpr auto kStartPatience = 2000ms, kStep = 1ms;

llvm::Expected<std::string> findAardvark() {
  for (StringRef place : kAardvarkPlaces)
    if (pathExists(place.str())) return place.str();
  if (auto found = findProgram("aardvark-dns")) return *found;
  return fault(FaultKind::NotFound,
               "aardvark-dns, by which containers find each other, is not installed: install the "
               "package aardvark-dns, or run on the network 'bridge', which has no names");
}

/// "id address  name,alias servers": between the address and the names there is room for IPv6.
std::string lineOf(const Endpoint& endpoint) {
  std::vector<std::string> names = {endpoint.containerName, endpoint.containerId.substr(0, 12)};
  for (const std::string& alias : endpoint.aliases)
    if (!llvm::is_contained(names, alias)) names.push_back(alias);
  std::string line = endpoint.containerId + " " + textOf(endpoint.address) + "  " + llvm::join(names, ",");
  if (!endpoint.nameServers.empty()) line += " " + llvm::join(endpoint.nameServers, ",");
  return StringRef(line).lower() + "\n";
}

/// The mounts of this namespace below a directory. A process that outlives us must not keep a container's root mounted.
std::vector<std::string> mountsBelow(const std::string& directory) {
  std::vector<std::string> found;
  auto table = readFile("/proc/self/mountinfo");
  if (!table) {
    llvm::consumeError(table.takeError());
    return found;
  }
  for (StringRef line : llvm::split(*table, '\n')) {
    llvm::SmallVector<StringRef> fields;
    line.split(fields, ' ', 5);
    if (fields.size() > 4 && fields[4].starts_with(directory + "/")) found.push_back(fields[4].str());
  }
  return found;
}

/// Starts it with nothing of ours; it goes to the background by itself.
llvm::Expected<int> launch(std::vector<std::string> words, const std::vector<std::string>& mounts) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char search[] = "PATH=/usr/sbin:/sbin:/usr/bin:/bin";
  char* environment[] = {search, nullptr};
  pid_t pid = ::fork();
  if (pid < 0) return errnoFault("start aardvark-dns");
  if (pid == 0) {
    if (!mounts.empty() && ::unshare(CLONE_NEWNS) == 0 &&
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0)
      for (const std::string& mount : mounts) ::umount2(mount.c_str(), MNT_DETACH);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    int nothing = ::open("/dev/null", O_RDWR);
    for (int fd : {0, 1, 2}) ::dup2(nothing, fd);
    ::execve(argv.front(), argv.data(), environment);
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return errnoFault("wait for aardvark-dns");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
}  // namespace

/// Its program writes the number alone, which may be another process's by now: one with our directory in its words is
/// ours. Faults: NotFound.
llvm::Expected<ProcessHandle> NameServer::findProcess() const {
  auto text = readFile(joinPath(directory_, kProcessFile), 64);
  if (!text) return text.takeError();
  pid_t pid = 0;
  StringRef(*text).trim().getAsInteger(10, pid);
  auto process = ProcessHandle::open(pid);
  if (!process) return process;
  auto file = process->openFile("cmdline", O_RDONLY);
  auto words = file ? readFd(file->get(), 1 << 16) : file.takeError();
  if (!words) return words.takeError();
  if (StringRef(*words).contains(directory_)) return process;
  return fault(FaultKind::NotFound, "there is no aardvark-dns for " + directory_);
}

llvm::Error NameServer::write(const Network& network, llvm::ArrayRef<Endpoint> endpoints) {
  std::string path = joinPath(directory_, network.id);
  if (endpoints.empty()) {
    if (unlinkPath(path) != 0 && errno != ENOENT) return errnoFault("remove " + path);
    return llvm::Error::success();
  }
  std::string text = textOf(network.gateway) + "\n";
  for (const Endpoint& endpoint : endpoints) text += lineOf(endpoint);
  std::string made = directory_ + ".new";  // beside the directory: each file in it is a network to aardvark-dns
  if (auto error = writeFileAtomically(made, text)) return error;
  return renamePath(made, path) == 0 ? llvm::Error::success() : errnoFault("rename " + made);
}

llvm::Error NameServer::start() {
  auto program = findAardvark();
  if (!program) return program.takeError();
  std::string store = StringRef(directory_).rsplit('/').first.rsplit('/').first.str();
  auto code = launch({*program, "--config", directory_, "-p", "53", "run"}, mountsBelow(store));
  if (!code) return code.takeError();
  if (*code != 0)
    return fault(FaultKind::Unavailable, "aardvark-dns does not start (exit code " + llvm::Twine(*code) +
                                             "): something else may listen on port 53 of every address");
  for (auto waited = 0ms;; waited += kStep) {
    auto process = findProcess();
    if (process) return llvm::Error::success();
    llvm::consumeError(process.takeError());
    if (waited > kStartPatience) return fault(FaultKind::Unavailable, "aardvark-dns has started and is not there");
    std::this_thread::sleep_for(kStep);
  }
}

llvm::Error NameServer::announce(const Network& network, llvm::ArrayRef<Endpoint> endpoints) {
  if (endpoints.empty() && !pathExists(joinPath(directory_, network.id))) return llvm::Error::success();
  if (auto error = makeDirectories(directory_)) return error;
  auto lock = FileLock::acquire(directory_ + ".lock", FileLock::Mode::Exclusive);
  if (!lock) return lock.takeError();
  if (auto error = write(network, endpoints)) return error;
  auto process = findProcess();
  auto error = process ? process->signal(SIGHUP) : process.takeError();
  if (!error) return llvm::Error::success();
  llvm::consumeError(std::move(error));
  return endpoints.empty() ? llvm::Error::success() : start();
}

}  // namespace strata::runtime
