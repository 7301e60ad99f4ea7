#include "runtime/networks/netlink.h"
#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <sched.h>
#include <optional>

namespace strata::runtime {

namespace {
constexpr char kOwnNamespace[] = "/proc/thread-self/ns/net";

/// Brings the thread back where it was.
class Excursion {
public:
  static llvm::Expected<Excursion> begin() {
    auto home = openFile(kOwnNamespace, O_RDONLY);
    if (!home) return home.takeError();
    return Excursion(std::move(*home));
  }
  Excursion(Excursion&&) noexcept = default;
  ~Excursion() {
    // Whoever cannot go back must not go on: everything would be done to a container's network in place of the host's.
    if (home_ && ::setns(home_.get(), CLONE_NEWNET) != 0) ::abort();
  }

private:
  explicit Excursion(UniqueFd home) : home_(std::move(home)) {}
  UniqueFd home_;
};

/// A kernel that lacks the setting has nothing to be set.
void setKernel(const char* name, llvm::StringRef value) {
  auto file = openFile(std::string("/proc/sys/net/") + name, O_WRONLY);
  if (!file) return llvm::consumeError(file.takeError());
  if (::write(file->get(), value.data(), value.size()) < 0) return;
}
}  // namespace

llvm::Expected<UniqueFd> makeNetworkNamespace() {
  auto excursion = Excursion::begin();
  if (!excursion) return excursion.takeError();
  if (::unshare(CLONE_NEWNET) != 0) return errnoFault("make a network namespace");
  auto made = openFile(kOwnNamespace, O_RDONLY);
  if (!made) return made;
  setKernel("ipv4/ip_unprivileged_port_start", "0");
  setKernel("ipv4/ping_group_range", "0 2147483647");
  setKernel("ipv6/conf/default/disable_ipv6", "1");
  auto netlink = Netlink::open();
  if (!netlink) return netlink.takeError();
  if (auto error = netlink->bringUp("lo")) return error;
  return made;
}

llvm::Expected<Netlink> netlinkIn(int netNamespace) {
  auto excursion = Excursion::begin();
  if (!excursion) return excursion.takeError();
  if (::setns(netNamespace, CLONE_NEWNET) != 0) return errnoFault("enter the container's network");
  return Netlink::open();
}

}  // namespace strata::runtime
