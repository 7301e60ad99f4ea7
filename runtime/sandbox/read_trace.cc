#include "runtime/sandbox/read_trace.h"

#include "support/fault.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <unistd.h>
#include <cerrno>
#include <climits>
#include <vector>

namespace strata::runtime {

using llvm::StringRef;

namespace {
/// Each event brings a descriptor: few at a time, far below any limit on open files.
constexpr size_t kEventsAtOnce = 64;
constexpr StringRef kDeleted = " (deleted)";

llvm::Error traceFault(const char* doing, int error) {
  if (error == EPERM)
    return fault(FaultKind::Unsupported, "tracing reads needs CAP_SYS_ADMIN of the host: run strata as root");
  if (error == ENOSYS || error == EINVAL || error == ENODEV || error == EOPNOTSUPP)
    return fault(FaultKind::Unsupported, "tracing reads needs a kernel with fanotify for mounts (Linux 5.0 or later)");
  if (error == EMFILE)
    return fault(FaultKind::Unsupported, "too many traces at once: see /proc/sys/fs/fanotify/max_user_groups");
  return errnoFault(doing, error);
}
}  // namespace

llvm::Expected<std::unique_ptr<ReadTrace>> ReadTrace::make(WasThere wasThere, Limits limits) {
  // O_NONBLOCK: opening a FIFO's event must not wait for its other end.
  UniqueFd events(::fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE,
                                  O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_LARGEFILE));
  if (!events) return traceFault("begin a trace of reads", errno);
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop) return errnoFault("make an eventfd");
  return std::unique_ptr<ReadTrace>(new ReadTrace(std::move(events), std::move(stop), std::move(wasThere), limits));
}

ReadTrace::ReadTrace(UniqueFd events, UniqueFd stop, WasThere wasThere, Limits limits)
    : events_(std::move(events)), stop_(std::move(stop)), wasThere_(std::move(wasThere)), limits_(limits) {}

ReadTrace::~ReadTrace() { stop(); }

void ReadTrace::watch(int directory) {
  // A descriptor of a detached mount is one of those that only name a place: "." below it is taken.
  constexpr uint64_t kEvents = FAN_OPEN | FAN_OPEN_EXEC | FAN_ONDIR;
  if (::fanotify_mark(events_.get(), FAN_MARK_ADD | FAN_MARK_MOUNT, kEvents, directory, ".") != 0)
    watchError_ = errno;
  else
    reader_ = std::thread([this] { serve(); });
}

void ReadTrace::stop() {
  if (!reader_.joinable()) return;
  uint64_t one = 1;
  while (::write(stop_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  reader_.join();
}

llvm::Expected<OpenedPaths> ReadTrace::finish() {
  stop();
  if (watchError_) return traceFault("trace the reads of a mount", watchError_);
  return std::move(opened_);
}

/// An event is in the queue before the open that it tells of returns: when the processes are gone, one more look finds
/// everything.
void ReadTrace::serve() {
  for (bool stopping = false;;) {
    pollfd waits[] = {{events_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (!stopping && ::poll(waits, 2, -1) < 0) continue;  // EINTR
    bool more = drain();
    if (stopping && !more) return;
    stopping = stopping || waits[1].revents != 0;
  }
}

/// Reads one piece of the queue; false where it is empty.
bool ReadTrace::drain() {
  alignas(fanotify_event_metadata) char buffer[kEventsAtOnce * sizeof(fanotify_event_metadata)];
  ssize_t got = ::read(events_.get(), buffer, sizeof buffer);
  if (got < 0 && errno == EAGAIN) return false;
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) {  // the event at the front is of a file that cannot be opened once more: it is gone
    opened_.incomplete = true;
    return true;
  }
  auto* event = reinterpret_cast<const fanotify_event_metadata*>(buffer);
  for (; FAN_EVENT_OK(event, got); event = FAN_EVENT_NEXT(event, got)) {
    if (event->vers != FANOTIFY_METADATA_VERSION || event->mask & FAN_Q_OVERFLOW) opened_.incomplete = true;
    UniqueFd file(event->fd);
    if (file) note(file.get(), (event->mask & FAN_OPEN_EXEC) != 0);
  }
  return true;
}

/// The kernel gives the path up to the top of the container's mounts, which no process of the host can reach: that is
/// the path inside.
void ReadTrace::note(int file, bool executed) {
  char path[PATH_MAX];
  std::string link = "/proc/self/fd/" + std::to_string(file);
  ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  if (size <= 0 || size == sizeof path || path[0] != '/') {
    opened_.incomplete = true;
    return;
  }
  StringRef text(path + 1, size_t(size) - 1);
  add(text, executed);
  // Whether the words are the kernel's or the name's own, whoever knows what there was can tell.
  if (text.consume_back(kDeleted)) add(text, executed);
}

void ReadTrace::add(StringRef path, bool executed) {
  auto known = opened_.paths.find(path);
  if (known != opened_.paths.end()) {
    known->second.executed |= executed;
    return;
  }
  auto isOver = [&] { return opened_.paths.size() >= limits_.paths || bytes_ + path.size() > limits_.bytes; };
  if (isOver() && !isFull_) forgetNew();
  if (isOver()) {
    opened_.incomplete = true;
    return;
  }
  bytes_ += path.size();
  opened_.paths[path].executed = executed;
}

/// Not tried again where it leaves less than half of the room: it would soon be done for every path.
void ReadTrace::forgetNew() {
  std::vector<std::string> made;
  if (wasThere_)
    for (const auto& entry : opened_.paths)
      if (!wasThere_(entry.first())) made.push_back(entry.first().str());
  for (const std::string& path : made) {
    opened_.paths.erase(path);
    bytes_ -= path.size();
  }
  isFull_ = opened_.paths.size() > limits_.paths / 2 || bytes_ > limits_.bytes / 2;
}

}  // namespace strata::runtime
