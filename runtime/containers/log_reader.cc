#include "runtime/containers/log_reader.h"

#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <thread>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr size_t kPiece = 64 << 10;
}  // namespace

llvm::Expected<LogReader> LogReader::open(const std::string& path) {
  LogReader reader(path);
  auto file = openFile(path, O_RDONLY);
  if (file) {
    reader.file_ = std::move(*file);
    return reader;
  }
  auto error = file.takeError();
  if (!takeIf(error, FaultKind::NotFound)) return error;
  return reader;
}

llvm::Error LogReader::seekToLast(uint64_t entries) {
  if (!file_) return llvm::Error::success();
  off_t at = ::lseek(file_.get(), 0, SEEK_END);
  if (at < 0) return errnoFault("read " + path_);
  std::string piece;
  for (uint64_t breaks = 0; at > 0;) {
    size_t length = std::min<size_t>(kPiece, size_t(at));
    piece.resize(length);
    if (::pread(file_.get(), piece.data(), length, at - off_t(length)) != ssize_t(length))
      return errnoFault("read " + path_);
    for (size_t i = length; i > 0; --i) {
      if (piece[i - 1] != '\n' || breaks++ < entries) continue;  // the first one ends the last entry
      ::lseek(file_.get(), at - off_t(length) + off_t(i), SEEK_SET);
      return llvm::Error::success();
    }
    at -= off_t(length);
  }
  ::lseek(file_.get(), 0, SEEK_SET);
  return llvm::Error::success();
}

llvm::Expected<bool> LogReader::read(llvm::function_ref<bool(const LogEntry&)> visit) {
  std::string piece(kPiece, '\0');
  for (;;) {
    ssize_t got = file_ ? ::read(file_.get(), piece.data(), piece.size()) : 0;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errnoFault("read " + path_);
    if (got == 0) return true;
    rest_.append(piece.data(), size_t(got));
    StringRef lines = rest_;
    for (size_t end; (end = lines.find('\n')) != StringRef::npos; lines = lines.drop_front(end + 1))
      if (auto entry = logEntryFrom(lines.take_front(end)); entry && !visit(*entry)) return false;
    rest_ = lines.str();
  }
}

void LogReader::waitForMore(int milliseconds) {
  if (!file_) {
    if (auto file = openFile(path_, O_RDONLY))
      file_ = std::move(*file);
    else
      llvm::consumeError(file.takeError());
  }
  if (!changes_) {
    changes_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    ::inotify_add_watch(changes_.get(), path_.c_str(), IN_MODIFY);
    return;  // what came before the watch is read first
  }
  pollfd wait{changes_.get(), POLLIN, 0};
  if (::poll(&wait, 1, milliseconds) <= 0) return;
  char events[4096];
  while (::read(changes_.get(), events, sizeof events) > 0) {
  }
}

}  // namespace strata::runtime
