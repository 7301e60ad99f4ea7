#include "runtime/containers/attach_client.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr int kImpatient = 3;  // so many INT or TERM, as docker counts

/// Standard input as bytes, while this lives.
class RawTerminal {
public:
  explicit RawTerminal(bool wanted) {
    if (!wanted || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    isRaw_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  ~RawTerminal() {
    if (isRaw_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

private:
  termios before_{};
  bool isRaw_ = false;
};

/// Signals that are read instead of being obeyed, while this lives.
class CaughtSignals {
public:
  explicit CaughtSignals(bool all) {
    sigset_t caught;
    sigemptyset(&caught);
    sigaddset(&caught, SIGWINCH);
    if (all)
      for (int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM}) sigaddset(&caught, number);
    ::pthread_sigmask(SIG_BLOCK, &caught, &before_);
    fd_.reset(::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~CaughtSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  CaughtSignals(const CaughtSignals&) = delete;
  CaughtSignals& operator=(const CaughtSignals&) = delete;
  int fd() const { return fd_.get(); }

private:
  sigset_t before_{};
  UniqueFd fd_;
};

llvm::Error writeAll(int fd, StringRef bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) {  // somebody made our output not blocking
      pollfd wait{fd, POLLOUT, 0};
      ::poll(&wait, 1, -1);
      continue;
    }
    if (put < 0) return errnoFault("write what the container printed");
    bytes = bytes.drop_front(size_t(put));
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<std::string> detachKeysFrom(StringRef text) {
  std::string keys;
  llvm::SmallVector<StringRef> parts;
  text.split(parts, ',');
  for (StringRef part : parts) {
    std::string lower = part.lower();
    StringRef key = lower;
    if (part.size() == 1)
      keys += part[0];
    else if (key.consume_front("ctrl-") && key.size() == 1 &&
             (llvm::isAlpha(key[0]) || StringRef("@[\\]^_").contains(key)))
      keys += char(llvm::toUpper(key[0]) & 0x1f);
    else
      return fault(FaultKind::Invalid, "invalid detach keys (" + printable(text) + "): '" + printable(part) +
                                           "' is neither a character nor ctrl- and one of a-z @ [ \\ ] ^ _");
  }
  return keys;
}

std::string DetachKeys::pass(StringRef typed) {
  std::string passed;
  for (char c : typed) {
    if (!keys_.empty() && c == keys_[matched_]) {
      if (++matched_ < keys_.size()) continue;
      seen_ = true;
      return passed;
    }
    passed += keys_.substr(0, std::exchange(matched_, 0));
    if (!keys_.empty() && c == keys_[0])
      matched_ = 1;
    else
      passed += c;
  }
  return passed;
}

AttachClient::AttachClient(SupervisorConnection connection, AttachOptions options)
    : connection_(std::move(connection)),
      options_(std::move(options)),
      keys_(options_.terminal && options_.input ? options_.detachKeys : "") {}

void AttachClient::queueSize() {
  winsize size{};
  if (!options_.terminal) return;
  for (int fd : {STDOUT_FILENO, STDIN_FILENO})
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
      return queue(FrameKind::Resize, resizePayload({size.ws_row, size.ws_col}));
}

llvm::Error AttachClient::begin() {
  uint8_t wish = 0;
  if (options_.output) wish |= AttachWish::kOutput;
  if (options_.errors) wish |= AttachWish::kErrors;
  if (options_.input) wish |= AttachWish::kInput;
  queueSize();
  queue(FrameKind::Attach, std::string(1, char(wish)));
  ::fcntl(connection_.fd(), F_SETFL, O_NONBLOCK);
  if (!flush()) return fault(FaultKind::Unavailable, "the container's supervisor is gone");
  return llvm::Error::success();
}

/// False if the other side is gone.
bool AttachClient::flush() {
  while (!unsent_.empty()) {
    ssize_t put = ::send(connection_.fd(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN;
    unsent_.erase(0, size_t(put));
  }
  return true;
}

void AttachClient::readInput() {
  char buffer[16384];
  ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {
    inputEnded_ = true;
    return queue(FrameKind::InputEnd, "");
  }
  if (std::string passed = keys_.pass({buffer, size_t(got)}); !passed.empty()) queue(FrameKind::Input, passed);
}

void AttachClient::hearSignals(int signals) {
  signalfd_siginfo info;
  while (::read(signals, &info, sizeof info) == ssize_t(sizeof info)) {
    if (info.ssi_signo == SIGWINCH) {
      queueSize();
      continue;
    }
    if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM) ++stops_;
    queue(FrameKind::Signal, signalPayload({int(info.ssi_signo), false}));
  }
}

llvm::Error AttachClient::show(const Frame& frame) {
  if (frame.kind == FrameKind::Output) return writeAll(STDOUT_FILENO, frame.payload);
  if (frame.kind == FrameKind::Errors) return writeAll(STDERR_FILENO, frame.payload);
  if (frame.kind == FrameKind::Exit) exit_ = exitFrom(frame.payload).value_or(0);
  return llvm::Error::success();
}

llvm::Expected<AttachEnd> AttachClient::pump() {
  RawTerminal raw(options_.terminal && options_.input);
  CaughtSignals signals(options_.signalProxy);
  for (;;) {
    bool reads = options_.input && !inputEnded_ && unsent_.empty();
    pollfd waits[] = {{connection_.fd(), short(POLLIN | (unsent_.empty() ? 0 : POLLOUT)), 0},
                      {reads ? STDIN_FILENO : -1, POLLIN, 0},
                      {signals.fd(), POLLIN, 0}};
    if (::poll(waits, 3, -1) < 0) continue;  // EINTR
    if (waits[2].revents) hearSignals(signals.fd());
    if (waits[1].revents) readInput();
    bool lost = !flush();
    while (waits[0].revents & (POLLIN | POLLHUP | POLLERR)) {
      auto frame = connection_.receive(std::chrono::milliseconds(0));
      if (!frame) {
        llvm::consumeError(frame.takeError());
        lost = true;
        break;
      }
      if (!*frame) break;
      if (auto error = show(**frame)) return error;
      if (exit_) return AttachEnd{AttachEnd::How::Exited, *exit_};
    }
    if (lost) return AttachEnd{AttachEnd::How::Lost};
    if (keys_.seen()) return AttachEnd{AttachEnd::How::Detached};
    if (stops_ >= kImpatient) return AttachEnd{AttachEnd::How::Forced};
  }
}

}  // namespace strata::runtime
