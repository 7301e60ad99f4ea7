#include "runtime/containers/supervisor_connection.h"

#include "runtime/containers/local_socket.h"
#include "support/fault.h"

#include <poll.h>
#include <sys/socket.h>
#include <cerrno>

namespace strata::runtime {

namespace {
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

llvm::Error gone() { return fault(FaultKind::Unavailable, "the container's supervisor is gone"); }
}  // namespace

llvm::Expected<std::optional<SupervisorConnection>> SupervisorConnection::open(const ContainerDirectory& directory) {
  auto socket = connectTo(directory.path(), ContainerDirectory::kSocket.str());
  if (socket) return SupervisorConnection(std::move(*socket));
  auto error = socket.takeError();
  if (takeIf(error, FaultKind::NotFound) || takeIf(error, FaultKind::Unavailable)) return std::nullopt;
  return error;
}

llvm::Error SupervisorConnection::send(FrameKind kind, llvm::StringRef payload) {
  std::string bytes = encodedFrame(kind, payload);
  for (llvm::StringRef rest = bytes; !rest.empty();) {
    ssize_t put = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return gone();
    rest = rest.drop_front(size_t(put));
  }
  return llvm::Error::success();
}

llvm::Expected<std::optional<Frame>> SupervisorConnection::receive(std::optional<Milliseconds> timeout) {
  auto until = Clock::now() + timeout.value_or(Milliseconds(0));
  for (;;) {
    auto frame = reader_.next();
    if (!frame || *frame) return frame;
    auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
    pollfd wait{socket_.get(), POLLIN, 0};
    int ready = ::poll(&wait, 1, timeout ? int(std::max<int64_t>(0, left.count())) : -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return std::nullopt;
    char buffer[65536];
    ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return gone();
    reader_.add({buffer, size_t(got)});
  }
}

llvm::Expected<std::optional<int>> SupervisorConnection::waitForExit(std::optional<Milliseconds> timeout) {
  auto until = Clock::now() + timeout.value_or(Milliseconds(0));
  for (;;) {
    auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
    auto frame = receive(timeout ? std::optional(std::max(left, Milliseconds(0))) : std::nullopt);
    if (!frame) return frame.takeError();
    if (!*frame) return std::nullopt;
    if ((*frame)->kind == FrameKind::Exit) return exitFrom((*frame)->payload);
  }
}

}  // namespace strata::runtime
