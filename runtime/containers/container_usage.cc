#include "runtime/containers/container_usage.h"

#include "runtime/containers/container_plan.h"
#include "runtime/oci/cgroup_values.h"
#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

llvm::Error checkLive(const Container& container) {
  if (container.state.isLive()) return llvm::Error::success();
  return notRunning(container);
}

uint64_t hostMemory() { return uint64_t(::sysconf(_SC_PHYS_PAGES)) * uint64_t(::sysconf(_SC_PAGESIZE)); }

llvm::Expected<UniqueFd> openFact(const Container& container, const std::string& name) {
  auto process = ProcessHandle::open(container.state.process());
  if (!process) return process.takeError();
  return process->openFile(name, O_RDONLY);
}

llvm::Expected<std::string> factOf(const Container& container, const std::string& name) {
  auto file = openFact(container, name);
  if (!file) return file.takeError();
  return readFd(file->get(), 1 << 20);
}

/// Sums /proc/PID/net/dev over all interfaces but loopback. Source: proc_pid_net(5).
void readNetwork(const Container& container, ContainerUsage& usage) {
  if (container.hostConfig.networkMode == "host") return;
  auto text = factOf(container, "net/dev");
  if (!text) return llvm::consumeError(text.takeError());
  usage.received = usage.sent = 0;
  llvm::SmallVector<StringRef> lines;
  StringRef(*text).split(lines, '\n', -1, false);
  for (StringRef line : lines) {
    auto [name, values] = line.split(':');
    llvm::SmallVector<StringRef> fields;
    values.split(fields, ' ', -1, false);
    uint64_t received = 0, sent = 0;
    if (name.trim() == "lo" || fields.size() < 9) continue;
    if (fields[0].getAsInteger(10, received) || fields[8].getAsInteger(10, sent)) continue;
    *usage.received += received;
    *usage.sent += sent;
  }
}

/// Where no control group knows them: those that share the first process's pid namespace.
std::vector<pid_t> processesByNamespace(const Container& container) {
  std::vector<pid_t> pids;
  struct stat ours, theirs;
  auto space = openFact(container, "ns/pid");
  if (!space) return llvm::consumeError(space.takeError()), pids;
  auto names = entriesOf("/proc");
  if (!names || ::fstat(space->get(), &ours) != 0) return llvm::consumeError(names.takeError()), pids;
  for (const std::string& name : *names) {
    pid_t pid = 0;
    if (StringRef(name).getAsInteger(10, pid)) continue;
    if (::stat(("/proc/" + name + "/ns/pid").c_str(), &theirs) == 0 && theirs.st_ino == ours.st_ino)
      pids.push_back(pid);
  }
  return pids;
}
}  // namespace

llvm::Expected<ContainerUsage> usageOf(const Container& container) {
  if (auto error = checkLive(container)) return error;
  CgroupValues group(cgroupPathOf(container));
  ContainerUsage usage;
  usage.taken = nowNanoseconds();
  usage.cpu = group.cpuNanoseconds();
  usage.memory = group.memoryInUse();
  usage.memoryLimit = std::min(group.memoryLimit().value_or(UINT64_MAX), hostMemory());
  usage.processes = group.processCount();
  if (auto moved = group.blockBytes()) {
    usage.read = moved->read;
    usage.written = moved->written;
  }
  readNetwork(container, usage);
  return usage;
}

llvm::Expected<std::vector<pid_t>> processesOf(const Container& container) {
  if (auto error = checkLive(container)) return error;
  std::vector<pid_t> pids = CgroupValues(cgroupPathOf(container)).processes();
  return pids.empty() ? processesByNamespace(container) : pids;
}

}  // namespace strata::runtime
