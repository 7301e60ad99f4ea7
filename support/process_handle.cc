#include "support/process_handle.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>

namespace strata {

namespace {
using llvm::StringRef;

// Of the fields behind the name, which may hold anything.
enum StatField : size_t { kParent = 1, kStartTime = 19 };

uint64_t fieldOf(llvm::Expected<UniqueFd> stat, StatField field) {
  uint64_t value = 0;
  auto text = stat ? readFd(stat->get(), 1 << 16) : llvm::Expected<std::string>(stat.takeError());
  if (!text) return llvm::consumeError(text.takeError()), value;
  llvm::SmallVector<StringRef> fields;
  StringRef(*text).rsplit(") ").second.split(fields, ' ');
  if (fields.size() > field) fields[field].getAsInteger(10, value);
  return value;
}

llvm::Error ended(pid_t pid) { return fault(FaultKind::NotFound, "process " + llvm::Twine(pid) + " has ended"); }
}  // namespace

uint64_t startOfProcess(pid_t pid) {
  return fieldOf(openFile("/proc/" + std::to_string(pid) + "/stat", O_RDONLY), kStartTime);
}

std::string textOf(const ProcessName& name) { return std::to_string(name.pid) + " " + std::to_string(name.started); }

llvm::Expected<ProcessName> processNameFrom(StringRef text) {
  ProcessName name;
  auto [pid, started] = text.trim().split(' ');
  if (pid.getAsInteger(10, name.pid) || name.pid <= 0 || started.getAsInteger(10, name.started) || name.started == 0)
    return fault(FaultKind::Invalid, "no process is named by '" + printable(text.take_front(40)) + "'");
  return name;
}

llvm::Expected<ProcessHandle> ProcessHandle::open(pid_t pid) {
  UniqueFd process(pid > 0 ? int(::syscall(SYS_pidfd_open, pid, 0)) : -1);
  if (!process) return ended(pid);
  auto facts = strata::openFile("/proc/" + std::to_string(pid), O_PATH | O_DIRECTORY);
  if (!facts) return llvm::consumeError(facts.takeError()), ended(pid);
  ProcessHandle handle(std::move(process), std::move(*facts));
  // Had it ended before the directory was opened, that could be another one's.
  if (handle.waitForEnd(std::chrono::milliseconds(0))) return ended(pid);
  return handle;
}

llvm::Expected<ProcessHandle> ProcessHandle::open(const ProcessName& name) {
  auto handle = open(name.pid);
  if (!handle) return handle;
  if (fieldOf(handle->openFile("stat", O_RDONLY), kStartTime) != name.started) return ended(name.pid);
  return handle;
}

llvm::Error ProcessHandle::signal(int number) const {
  if (::syscall(SYS_pidfd_send_signal, process_.get(), number, nullptr, 0) == 0) return llvm::Error::success();
  return errno == ESRCH ? fault(FaultKind::NotFound, "the process has ended") : errnoFault("signal a process");
}

bool ProcessHandle::waitForEnd(std::chrono::milliseconds patience) const {
  pollfd wait{process_.get(), POLLIN, 0};
  return ::poll(&wait, 1, int(patience.count())) == 1;
}

llvm::Expected<UniqueFd> ProcessHandle::openFile(const std::string& name, int flags) const {
  auto file = strata::openFile(name, flags, 0, facts_.get());
  if (file || !waitForEnd(std::chrono::milliseconds(0))) return file;
  return llvm::consumeError(file.takeError()), fault(FaultKind::NotFound, "the process has ended");
}

pid_t ProcessHandle::parent() const { return pid_t(fieldOf(openFile("stat", O_RDONLY), kParent)); }

}  // namespace strata
