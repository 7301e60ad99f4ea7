#include "analyzer/bench/push_place.h"

#include "analyzer/bench/started_program.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/spawn.h"

#include <llvm/Support/FormatVariadic.h>
#include <llvm/Support/JSON.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <csignal>

namespace strata::analyzer {

namespace {
constexpr int kPorts = 3;
constexpr int kAttempts = 100;
constexpr int kPause = 100;  ///< milliseconds between two attempts to reach the registry

sockaddr_in localAddress(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

llvm::Expected<uint16_t> freePort() {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = localAddress(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!socket || ::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0)
    return errnoFault("find a free port for a registry");
  return ntohs(address.sin_port);
}

bool answers(uint16_t port) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = localAddress(port);
  return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

llvm::Error pause(const CancelToken& cancel) {
  pollfd wait{cancel.fd(), POLLIN, 0};
  ::poll(&wait, 1, kPause);
  return cancel.check();
}

/// The last line that it wrote.
std::string complaintOf(const std::string& log) {
  auto text = readFile(log);
  if (!text) return messageOf(text.takeError());
  return llvm::StringRef(*text).rtrim().rsplit('\n').second.str();
}

/// YAML, of which JSON is a part.
std::string configuration(const std::string& data, uint16_t port) {
  return llvm::formatv(
      "version: 0.1\nlog: {{level: error}\nstorage: {{filesystem: {{rootdirectory: {0}}}\n"
      "http: {{addr: \"127.0.0.1:{1}\"}\n",
      llvm::json::Value(data), port);
}

/// It stays to be waited for.
bool hasEnded(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/// True once it is our program that answers there, false where that has ended. Who took the port meanwhile answers as
/// well; then our program ends, a moment later.
llvm::Expected<bool> comesUp(pid_t pid, uint16_t port, const CancelToken& cancel) {
  bool answered = false;
  for (int attempt = 0; attempt < kAttempts && !answered && !hasEnded(pid); ++attempt) {
    answered = answers(port);
    if (auto error = pause(cancel)) return error;
  }
  return answered && !hasEnded(pid);
}
}  // namespace

std::optional<std::string> findRegistryProgram() {
  for (const char* name : {"docker-registry", "registry"})
    if (auto program = findProgram(name)) return program;
  return std::nullopt;
}

std::unique_ptr<PushPlace> PushPlace::named(const std::string& place, std::string id) {
  return std::unique_ptr<PushPlace>(new PushPlace(place, std::move(id)));
}

llvm::Expected<std::unique_ptr<PushPlace>> PushPlace::start(const std::string& program, const std::string& directory,
                                                            std::string id, const CancelToken& cancel) {
  std::string log = joinPath(directory, "log");
  for (int attempt = 0; attempt < kPorts; ++attempt) {
    auto port = freePort();
    if (!port) return port.takeError();
    std::unique_ptr<PushPlace> place(new PushPlace("127.0.0.1:" + std::to_string(*port), id));
    place->data_ = joinPath(directory, "data");
    if (auto error = makeDirectories(place->data_)) return error;
    std::string settings = joinPath(directory, "config.yml");
    if (auto error = writeFileAtomically(settings, configuration(place->data_, *port))) return error;
    auto output = openFile(log, O_WRONLY | O_CREAT | O_APPEND);
    if (!output) return output.takeError();
    auto pid = startProgram({.program = program, .arguments = {program, "serve", settings}}, output->get());
    if (!pid) return pid.takeError();
    place->process_ = *pid;
    auto up = comesUp(*pid, *port, cancel);
    if (!up) return up.takeError();
    if (*up) return place;
  }
  return fault(FaultKind::Unavailable, program + " does not answer: " + complaintOf(log));
}

PushPlace::~PushPlace() {
  if (!isOwn()) return;
  ::kill(process_, SIGKILL);  // it has nothing to keep
  llvm::consumeError(waitForExit(process_).takeError());
}

std::string PushPlace::nameFor(llvm::StringRef tool, unsigned round) const {
  return prefix_ + "/strata-bench-" + id_ + "/" + tool.str() + "-" + std::to_string(round) + ":latest";
}

llvm::Error PushPlace::empty() {
  if (!isOwn()) return llvm::Error::success();
  return removeTree(joinPath(data_, "docker"));
}

llvm::Expected<std::optional<uint64_t>> PushPlace::size() const {
  if (!isOwn()) return std::nullopt;
  auto use = diskUse(data_);
  if (!use) return use.takeError();
  return use->bytes;
}

}  // namespace strata::analyzer
