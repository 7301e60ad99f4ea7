#include "runtime/networks/user_network.h"

#include "runtime/networks/netlink.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/pipe.h"
#include "support/process.h"
#include "support/spawn.h"
#include "support/text.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace strata::runtime {

namespace {
using llvm::json::Object;
constexpr int kReadyPatience = 10'000;  // milliseconds
constexpr int kReadyAt = 3, kLifeAt = 4, kFirstFree = 10;

/// Above the places where slirp4netns gets its own.
llvm::Expected<Pipe> makeHighPipe() {
  auto low = Pipe::make();
  if (!low) return low;
  Pipe high{UniqueFd(::fcntl(low->read.get(), F_DUPFD_CLOEXEC, kFirstFree)),
            UniqueFd(::fcntl(low->write.get(), F_DUPFD_CLOEXEC, kFirstFree))};
  if (!high.read || !high.write) return errnoFault("duplicate a descriptor");
  return high;
}

/// A child makes it: an ordinary user cannot come back out of one.
llvm::Expected<UniqueFd> namespaceByChild() {
  auto pipe = Pipe::make();
  if (!pipe) return pipe.takeError();
  pid_t pid = ::fork();
  if (pid < 0) return errnoFault("fork");
  if (pid == 0) {
    bool made = ::unshare(CLONE_NEWNET) == 0;
    auto netlink = Netlink::open();
    if (made && netlink) llvm::consumeError(netlink->bringUp("lo"));
    if (::write(pipe->write.get(), made ? "y" : "n", 1) == 1) ::pause();
    ::_exit(0);
  }
  pipe->write.reset();  // so that a child that is killed ends our reading
  char answer = 0;
  bool made = ::read(pipe->read.get(), &answer, 1) == 1 && answer == 'y';
  auto opened = openFile("/proc/" + std::to_string(pid) + "/ns/net", O_RDONLY);
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (made) return opened;
  llvm::consumeError(opened.takeError());
  return fault(FaultKind::Unsupported, "this user may make no network namespace; use --network host");
}

llvm::Error spawnSlirp(const std::vector<std::string>& words, int ready, int life) {
  Spawn spawn;
  for (int fd : {0, 1, 2}) spawn.open(fd, "/dev/null", O_RDWR);
  return spawn.give(ready, kReadyAt).give(life, kLifeAt).start(words.front(), words).takeError();
}

llvm::Error waitUntilReady(int ready) {
  pollfd wait{ready, POLLIN, 0};
  char byte = 0;
  if (::poll(&wait, 1, kReadyPatience) == 1 && ::read(ready, &byte, 1) == 1) return llvm::Error::success();
  return fault(FaultKind::Unavailable, "slirp4netns gives the container no network; try --network host");
}

/// One request a connection, answered by one object: {"return": ...} or {"error": {"desc": ...}}.
llvm::Expected<std::string> ask(const std::string& path, const std::string& request) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || path.size() >= sizeof address.sun_path)
    return fault(FaultKind::Io, "the socket of slirp4netns has too long a path: " + path);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::write(socket.get(), request.data(), request.size()) != ssize_t(request.size()))
    return errnoFault("speak to slirp4netns");
  ::shutdown(socket.get(), SHUT_WR);
  return readFd(socket.get());
}

llvm::Error publish(const PublishedPort& port, const std::string& path) {
  Object arguments{{"proto", port.protocol},
                   {"host_addr", textOf(port.hostAddress)},
                   {"host_port", port.hostPort},
                   {"guest_port", port.containerPort}};
  auto answer = ask(path, printJson(Object{{"execute", "add_hostfwd"}, {"arguments", std::move(arguments)}}));
  if (!answer) return answer.takeError();
  if (!llvm::StringRef(*answer).contains("\"error\"")) return llvm::Error::success();
  return fault(FaultKind::Unavailable, "publish port " + port.hostText() + ": slirp4netns said " + printable(*answer));
}
}  // namespace

llvm::Expected<std::string> findUserNetworkProgram() {
  auto program = findProgram("slirp4netns");
  if (!program)
    return fault(FaultKind::NotFound,
                 "an ordinary user's container has its network from slirp4netns; install that package, or use "
                 "--network host");
  if (UniqueFd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC))) return *program;
  return fault(FaultKind::Unsupported, std::string("an ordinary user's network needs /dev/net/tun (") +
                                           std::strerror(errno) +
                                           "); let root call 'chmod 666 /dev/net/tun', or use --network host");
}

Ipv4 UserNetwork::address() { return *ipv4From("10.0.2.100"); }
Ipv4 UserNetwork::nameServer() { return *ipv4From("10.0.2.3"); }

llvm::Expected<UserNetwork> UserNetwork::start(llvm::ArrayRef<PublishedPort> ports, const std::string& directory) {
  auto program = findUserNetworkProgram();
  if (!program) return program.takeError();
  UserNetwork network;
  auto made = namespaceByChild();
  if (!made) return made.takeError();
  network.namespace_ = std::move(*made);
  auto ready = makeHighPipe(), life = makeHighPipe();
  if (!ready) return llvm::consumeError(life.takeError()), ready.takeError();
  if (!life) return life.takeError();
  auto opened = openFile(directory, O_PATH | O_DIRECTORY);
  if (!opened) return opened.takeError();
  // By our descriptor: the whole path may be longer than an address.
  std::string place = "/proc/" + std::to_string(::getpid()) + "/fd/";
  std::string socket = place + std::to_string(opened->get()) + "/slirp.sock";
  ::unlink(socket.c_str());
  auto error = spawnSlirp({*program, "--configure", "--mtu=65520", "--disable-host-loopback", "--netns-type=path",
                           "--ready-fd=" + std::to_string(kReadyAt), "--exit-fd=" + std::to_string(kLifeAt),
                           "--api-socket=" + socket, place + std::to_string(network.namespace_.get()), "tap0"},
                          ready->write.get(), life->read.get());
  if (error) return error;
  ready->write.reset();
  network.life_ = std::move(life->write);
  if (auto error = waitUntilReady(ready->read.get())) return error;
  for (const PublishedPort& port : ports)
    if (auto error = publish(port, socket)) return error;
  return network;
}

}  // namespace strata::runtime
