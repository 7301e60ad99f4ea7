#include "builder/solve/agent_proxy.h"

#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Endian.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <cerrno>
#include <cstring>

namespace strata::builder {

namespace {
constexpr size_t kLargestRequest = 256 * 1024;
constexpr size_t kMostConnections = 64;
enum Message : unsigned char { RequestIdentities = 11, SignRequest = 13 };
constexpr char kFailure[] = {0, 0, 0, 1, 5};

/// A socket's path is short; that of a directory's descriptor always is.
llvm::Expected<sockaddr_un> addressOf(const std::string& path, UniqueFd& held) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string shorter = path;
  if (shorter.size() >= sizeof address.sun_path) {
    size_t slash = path.rfind('/');
    auto directory = openFile(path.substr(0, slash), O_PATH | O_DIRECTORY);
    if (!directory) return directory.takeError();
    held = std::move(*directory);
    shorter = "/proc/self/fd/" + std::to_string(held.get()) + path.substr(slash);
  }
  if (shorter.size() >= sizeof address.sun_path) return fault(FaultKind::Invalid, "socket path too long: " + path);
  std::memcpy(address.sun_path, shorter.c_str(), shorter.size() + 1);
  return address;
}

bool sendAll(int socket, llvm::StringRef bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.drop_front(size_t(put));
  }
  return true;
}

UniqueFd connectTo(const std::string& path) {
  UniqueFd held;
  auto address = addressOf(path, held);
  if (!address) {
    llvm::consumeError(address.takeError());
    return UniqueFd();
  }
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&*address), sizeof *address) != 0) return UniqueFd();
  return socket;
}
}  // namespace

llvm::Expected<std::unique_ptr<AgentProxy>> AgentProxy::listen(const std::string& path, const std::string& agentSocket,
                                                               const SocketAccess& access) {
  UniqueFd held;
  auto address = addressOf(path, held);
  if (!address) return address.takeError();
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener || ::bind(listener.get(), reinterpret_cast<sockaddr*>(&*address), sizeof *address) != 0)
    return errnoFault("make the socket " + path);
  if (::chown(path.c_str(), access.uid, access.gid) != 0 || ::chmod(path.c_str(), access.mode) != 0)
    return errnoFault("set owner and mode of the socket " + path);
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop || ::listen(listener.get(), 16) != 0) return errnoFault("listen on the socket " + path);
  return std::unique_ptr<AgentProxy>(new AgentProxy(std::move(listener), std::move(stop), agentSocket));
}

AgentProxy::AgentProxy(UniqueFd listener, UniqueFd stop, std::string agentSocket)
    : listener_(std::move(listener)), stop_(std::move(stop)), agentSocket_(std::move(agentSocket)) {
  thread_ = std::thread([this] { serve(); });
}

AgentProxy::~AgentProxy() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void AgentProxy::serve() {
  for (;;) {
    std::vector<pollfd> waits = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const Connection& connection : connections_) {
      waits.push_back({connection.client.get(), POLLIN, 0});
      waits.push_back({connection.agent.get(), POLLIN, 0});
    }
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;  // EINTR
    if (waits[0].revents) return;
    for (size_t i = connections_.size(); i-- > 0;) {
      bool lives = !waits[2 + 2 * i].revents || takeRequests(connections_[i]);
      lives = lives && (!waits[3 + 2 * i].revents || takeReplies(connections_[i]));
      if (!lives) connections_.erase(connections_.begin() + ssize_t(i));
    }
    if (waits[1].revents) accept();
  }
}

/// Without an agent behind it a connection is closed at once, which clients take for what it is.
void AgentProxy::accept() {
  UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client || connections_.size() >= kMostConnections) return;
  UniqueFd agent = connectTo(agentSocket_);
  if (agent) connections_.push_back({std::move(client), std::move(agent), ""});
}

bool AgentProxy::takeRequests(Connection& connection) {
  char buffer[16 * 1024];
  ssize_t got = ::recv(connection.client.get(), buffer, sizeof buffer, 0);
  if (got <= 0) return got < 0 && errno == EINTR;
  connection.request.append(buffer, size_t(got));
  while (connection.request.size() >= 5) {
    size_t size = llvm::support::endian::read32be(connection.request.data());
    if (size == 0 || size > kLargestRequest) return false;
    if (connection.request.size() < 4 + size) return true;
    auto kind = static_cast<unsigned char>(connection.request[4]);
    bool passes = kind == RequestIdentities || kind == SignRequest;
    bool sent = passes ? sendAll(connection.agent.get(), llvm::StringRef(connection.request).take_front(4 + size))
                       : sendAll(connection.client.get(), llvm::StringRef(kFailure, sizeof kFailure));
    if (!sent) return false;
    connection.request.erase(0, 4 + size);
  }
  return true;
}

bool AgentProxy::takeReplies(Connection& connection) {
  char buffer[16 * 1024];
  ssize_t got = ::recv(connection.agent.get(), buffer, sizeof buffer, 0);
  if (got <= 0) return got < 0 && errno == EINTR;
  return sendAll(connection.client.get(), llvm::StringRef(buffer, size_t(got)));
}

}  // namespace strata::builder
