#include "runtime/networks/host_lock.h"

#include "support/fault.h"

namespace strata::runtime {

namespace {
constexpr char kDirectory[] = "/run/strata";
}  // namespace

llvm::Expected<FileLock> lockHostNetwork() {
  if (auto error = makeDirectories(kDirectory)) return error;
  return FileLock::acquire(joinPath(kDirectory, "network.lock"), FileLock::Mode::Exclusive);
}

}  // namespace strata::runtime
