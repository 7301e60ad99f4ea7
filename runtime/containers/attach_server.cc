#include "runtime/containers/attach_server.h"

#include "runtime/containers/local_socket.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <cerrno>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr size_t kMostUnsent = 1 << 20;
}  // namespace

llvm::Error AttachServer::listen(const std::string& directory, const std::string& name) {
  auto socket = listenAt(directory, name);
  if (!socket) return socket.takeError();
  socket_ = std::move(*socket);
  return llvm::Error::success();
}

void AttachServer::adopt(UniqueFd connection) {
  ::fcntl(connection.get(), F_SETFL, O_NONBLOCK);
  clients_.emplace_back().connection = std::move(connection);
}

void AttachServer::hear() {
  for (Client& client : clients_) receive(client);
  removeGone();
}

void AttachServer::addPolls(std::vector<pollfd>& polls, bool takesInput) {
  polls.push_back({socket_.get(), POLLIN, 0});
  for (const Client& client : clients_) {
    short events = client.unsent.empty() ? 0 : POLLOUT;
    // Who sends input that nobody takes yet has to wait with all it says.
    if (takesInput || !(client.wish & AttachWish::kInput)) events |= POLLIN;
    polls.push_back({client.connection.get(), events, 0});
  }
}

void AttachServer::serve(llvm::ArrayRef<pollfd> polls) {
  auto revents = [&](int fd) {
    const pollfd* found = llvm::find_if(polls, [&](const pollfd& poll) { return poll.fd == fd; });
    return fd < 0 || found == polls.end() ? short(0) : found->revents;
  };
  for (Client& client : clients_) {
    short ready = revents(client.connection.get());
    if (ready & POLLOUT) flush(client);
    if (ready & (POLLIN | POLLHUP | POLLERR)) receive(client);
  }
  if (revents(socket_.get())) accept();
  removeGone();
}

void AttachServer::accept() {
  for (int fd; (fd = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;)
    adopt(UniqueFd(fd));
}

void AttachServer::receive(Client& client) {
  char buffer[16384];
  if (!client.connection) return;
  ssize_t got = ::recv(client.connection.get(), buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop(client);
  client.reader.add({buffer, size_t(got)});
  for (;;) {
    auto frame = client.reader.next();
    if (!frame) {
      llvm::consumeError(frame.takeError());
      return drop(client);
    }
    if (!*frame) return;
    obey(client, **frame);
  }
}

void AttachServer::obey(Client& client, const Frame& frame) {
  StringRef payload = frame.payload;
  switch (frame.kind) {
    case FrameKind::Attach:
      client.wish = payload.empty() ? 0 : uint8_t(payload[0]);
      return;
    case FrameKind::Input:
      if (client.wish & AttachWish::kInput) listener_.onInput(payload);
      return;
    case FrameKind::InputEnd:
      if ((client.wish & AttachWish::kInput) && !std::exchange(client.inputEnded, true)) listener_.onInputEnd();
      return;
    case FrameKind::Resize:
      if (auto size = resizeFrom(payload)) listener_.onResize(*size);
      return;
    case FrameKind::Signal:
      if (auto order = signalFrom(payload)) listener_.onSignal(*order);
      return;
    default:
      return;  // a kind of a later version
  }
}

void AttachServer::flush(Client& client) {
  while (!client.unsent.empty()) {
    ssize_t put = ::send(client.connection.get(), client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) return drop(client);
    client.unsent.erase(0, size_t(put));
  }
  if (client.leaving) drop(client);
}

/// The object stays until removeGone(): somebody may be walking over the list.
void AttachServer::drop(Client& client) {
  client.connection.reset();
  client.unsent.clear();
  if ((client.wish & AttachWish::kInput) && !client.leaving && !std::exchange(client.inputEnded, true))
    listener_.onInputEnd();
  client.wish = 0;
}

void AttachServer::removeGone() {
  clients_.remove_if([](const Client& client) { return !client.connection; });
}

void AttachServer::send(FrameKind stream, StringRef bytes) {
  uint8_t wanted = stream == FrameKind::Output ? AttachWish::kOutput : AttachWish::kErrors;
  for (Client& client : clients_) {
    if (!(client.wish & wanted)) continue;
    for (StringRef rest = bytes; !rest.empty(); rest = rest.drop_front(std::min(rest.size(), kLargestPayload)))
      client.unsent += encodedFrame(stream, rest.take_front(kLargestPayload));
    flush(client);
  }
  removeGone();
}

void AttachServer::sendExit(int code) {
  for (Client& client : clients_) {
    client.unsent += encodedFrame(FrameKind::Exit, exitPayload(code));
    client.leaving = true;
    flush(client);
  }
  removeGone();
}

bool AttachServer::isCongested() const {
  return llvm::any_of(clients_, [](const Client& client) { return client.unsent.size() > kMostUnsent; });
}

bool AttachServer::hasUnsent() const {
  return llvm::any_of(clients_, [](const Client& client) { return !client.unsent.empty(); });
}

}  // namespace strata::runtime
