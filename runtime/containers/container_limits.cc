#include "runtime/containers/container_limits.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/Support/FormatVariadic.h>

#include <thread>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr int64_t kLeastMemory = 6 << 20;
constexpr int64_t kCpu = 1'000'000'000;  // nanoCpus
constexpr int64_t kPeriod = 100'000;     // microseconds

llvm::Error invalid(const llvm::Twine& what) { return fault(FaultKind::Invalid, what); }

llvm::Error checkMemory(const ContainerLimits& limits) {
  if (limits.memory != 0 && limits.memory < kLeastMemory) return invalid("Minimum memory limit allowed is 6MB");
  if (limits.memory > 0 && limits.memorySwap > 0 && limits.memorySwap < limits.memory)
    return invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
  if (limits.memory == 0 && limits.memorySwap > 0)
    return invalid("You should always set the Memory limit when using Memoryswap limit, see usage");
  if (limits.memoryReservation != 0 && limits.memoryReservation < kLeastMemory)
    return invalid("Minimum memory reservation allowed is 6MB");
  if (limits.memory > 0 && limits.memory < limits.memoryReservation)
    return invalid("Minimum memory limit can not be less than memory reservation limit, see usage");
  return llvm::Error::success();
}

llvm::Error checkCpu(const ContainerLimits& limits) {
  int64_t processors = std::max(1u, std::thread::hardware_concurrency());
  if (limits.nanoCpus != 0 && (limits.cpuPeriod != 0 || limits.cpuQuota != 0))
    return invalid("Conflicting options: Nano CPUs and CPU Period or Quota cannot both be set");
  if (limits.nanoCpus < 0 || (limits.nanoCpus > 0 && limits.nanoCpus < kCpu / 100) ||
      limits.nanoCpus > processors * kCpu)
    return invalid(
        llvm::formatv("range of CPUs is from 0.01 to {0}.00, as there are only {0} CPUs available", processors));
  if (limits.cpuPeriod != 0 && (limits.cpuPeriod < 1000 || limits.cpuPeriod > 1'000'000))
    return invalid("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  if (limits.cpuQuota < -1 || (limits.cpuQuota > 0 && limits.cpuQuota < 1000))
    return invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)");
  if (limits.cpuShares < 0) return invalid("shares must not be negative: " + llvm::Twine(limits.cpuShares));
  return llvm::Error::success();
}

/// "0-2,7", with the greatest of them.
std::optional<int64_t> lastOf(StringRef text) {
  llvm::SmallVector<StringRef> parts;
  text.split(parts, ',');
  int64_t last = 0;
  for (StringRef part : parts) {
    auto [first, second] = part.split('-');
    int64_t from = 0, to = 0;
    if (first.getAsInteger(10, from) || from < 0) return std::nullopt;
    to = from;
    if (part.contains('-') && (second.getAsInteger(10, to) || to < from)) return std::nullopt;
    last = std::max(last, to);
  }
  return last;
}

llvm::Error checkCpuset(const ContainerLimits& limits) {
  int64_t processors = std::max(1u, std::thread::hardware_concurrency());
  auto cpus = lastOf(limits.cpusetCpus), mems = lastOf(limits.cpusetMems);
  if (!limits.cpusetCpus.empty() && !cpus)
    return invalid("invalid value " + printable(limits.cpusetCpus) + " for cpuset cpus");
  if (!limits.cpusetMems.empty() && !mems)
    return invalid("invalid value " + printable(limits.cpusetMems) + " for cpuset mems");
  if (cpus && *cpus >= processors)
    return invalid(llvm::formatv("requested CPUs are not available - requested {0}, available: 0-{1}",
                                 limits.cpusetCpus, processors - 1));
  return llvm::Error::success();
}

/// Takes out of the limits what the host has no controller for.
class Discarder {
public:
  explicit Discarder(const HostCgroups& host) : host_(host) {}

  template <typename T>
  void unless(StringRef controller, StringRef what, std::initializer_list<T*> limits) {
    if (host_.has(controller)) return;
    bool asked = false;
    for (T* limit : limits)
      if (*limit != T()) {
        asked = true;
        *limit = T();
      }
    if (asked)
      warnings.push_back(
          llvm::formatv("Your kernel does not support {0} or the cgroup is not mounted{1}. Limitation discarded.", what,
                        host_.writable ? "" : " for us to write"));
  }

  std::vector<std::string> warnings;

private:
  const HostCgroups& host_;
};

std::vector<std::string> discardWhatIsNotHeld(ContainerLimits& limits, const HostCgroups& host) {
  Discarder discard(host);
  discard.unless("memory", "memory limit capabilities",
                 {&limits.memory, &limits.memoryReservation, &limits.memorySwap});
  discard.unless("cpu", "CPU CFS scheduler",
                 {&limits.nanoCpus, &limits.cpuShares, &limits.cpuPeriod, &limits.cpuQuota});
  discard.unless("cpuset", "cpuset", {&limits.cpusetCpus, &limits.cpusetMems});
  if (limits.pids.value_or(0) <= 0) limits.pids.reset();
  discard.unless("pids", "PIDs limit capabilities", {&limits.pids});
  if (limits.memory > 0 && !host.swap && limits.memorySwap >= 0) {
    limits.memorySwap = -1;
    discard.warnings.push_back(
        "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without "
        "swap.");
  }
  return std::move(discard.warnings);
}
}  // namespace

llvm::Expected<std::vector<std::string>> settleLimits(ContainerLimits& limits, const HostCgroups& host) {
  if (auto error = checkMemory(limits)) return error;
  if (auto error = checkCpu(limits)) return error;
  if (auto error = checkCpuset(limits)) return error;
  if (limits.memory > 0 && limits.memorySwap == 0) limits.memorySwap = 2 * limits.memory;
  return discardWhatIsNotHeld(limits, host);
}

llvm::Expected<ResourceLimits> resourceLimitsOf(const ContainerLimits& limits, bool withCgroup) {
  ResourceLimits resources;
  if (limits == ContainerLimits()) return resources;
  if (!withCgroup)
    return fault(
        FaultKind::Unsupported,
        "the container has limits, and this host has no control groups that hold to them; mount /sys/fs/cgroup "
        "writable, or make the container without limits");
  resources.memory = uint64_t(limits.memory);
  resources.memoryReservation = uint64_t(limits.memoryReservation);
  // Without a way to limit swap "any" is what there is, and runtimes refuse to be asked for it.
  resources.memorySwap = limits.memorySwap < 0 && !hostCgroups().swap ? 0 : limits.memorySwap;
  resources.cpuShares = uint64_t(limits.cpuShares);
  resources.cpuPeriod = uint64_t(limits.cpuPeriod);
  resources.cpuQuota = uint64_t(limits.cpuQuota);
  if (limits.nanoCpus > 0) {
    resources.cpuPeriod = kPeriod;
    resources.cpuQuota = uint64_t(limits.nanoCpus * (kPeriod / 1000) / (kCpu / 1000));
  }
  resources.cpusetCpus = limits.cpusetCpus;
  resources.cpusetMems = limits.cpusetMems;
  resources.pids = uint64_t(std::max<int64_t>(0, limits.pids.value_or(0)));
  return resources;
}

}  // namespace strata::runtime
