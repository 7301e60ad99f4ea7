#include "runtime/oci/cgroup_moves.h"

#include "runtime/oci/cgroup_root.h"
#include "support/files.h"

#include <llvm/ADT/StringRef.h>

#include <fcntl.h>
#include <unistd.h>
#include <csignal>
#include <string>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr size_t kLargestList = 1 << 16;

/// The group of this process in the hierarchy of a line of /proc/self/cgroup: "4:memory:/a/b", "0::/a/b".
std::string membersFile(StringRef line) {
  auto [controllers, path] = line.split(':').second.split(':');
  controllers.consume_front("name=");
  std::string hierarchy = joinPath(kCgroupRoot, controllers);
  return joinPath(hierarchy + path.rtrim('/').str(), "cgroup.procs");
}

/// One hierarchy is enough: the lock is one for all.
void moveToOwnGroup() {
  auto groups = readFile("/proc/self/cgroup", kLargestList);
  if (!groups) return llvm::consumeError(groups.takeError());
  for (StringRef rest = *groups; !rest.empty();) {
    auto [line, next] = rest.split('\n');
    rest = next;
    UniqueFd members(::open(membersFile(line).c_str(), O_WRONLY | O_CLOEXEC));
    if (members && ::write(members.get(), "0", 1) == 1) return;
  }
}

/// Signals are for the threads that expect them.
std::thread startDeaf(void (*work)()) {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread thread(work);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}
}  // namespace

CgroupMoveAhead::CgroupMoveAhead() : waiting_(startDeaf(moveToOwnGroup)) {}
CgroupMoveAhead::~CgroupMoveAhead() { waiting_.join(); }

}  // namespace strata::runtime
