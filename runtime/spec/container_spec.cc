#include "runtime/spec/container_spec.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringRef.h>

#include <sys/resource.h>

namespace strata::runtime {

using llvm::StringRef;

llvm::ArrayRef<StringRef> defaultCapabilities() {
  static constexpr StringRef kNames[] = {"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
                                         "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
                                         "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
                                         "CAP_KILL",    "CAP_AUDIT_WRITE"};
  return kNames;
}

llvm::ArrayRef<StringRef> maskedPaths() {
  static constexpr StringRef kPaths[] = {"/proc/asound",
                                         "/proc/acpi",
                                         "/proc/kcore",
                                         "/proc/keys",
                                         "/proc/latency_stats",
                                         "/proc/timer_list",
                                         "/proc/timer_stats",
                                         "/proc/sched_debug",
                                         "/proc/scsi",
                                         "/sys/firmware",
                                         "/sys/devices/virtual/powercap"};
  return kPaths;
}

llvm::ArrayRef<StringRef> readOnlyPaths() {
  static constexpr StringRef kPaths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  return kPaths;
}

std::vector<std::string> commandOf(const layerfs::ImageConfig& config, const std::vector<std::string>& arguments,
                                   const std::optional<std::string>& entrypointOverride) {
  std::vector<std::string> command;
  if (entrypointOverride) {
    if (!entrypointOverride->empty()) command.push_back(*entrypointOverride);
  } else if (config.entrypoint) {
    command = *config.entrypoint;
  }
  // An entrypoint of the command line was not made for the image's CMD, which therefore goes with the image's own.
  bool takesCmd = arguments.empty() && !entrypointOverride && config.cmd;
  llvm::append_range(command, takesCmd ? *config.cmd : arguments);
  return command;
}

bool ResourceLimits::any() const {
  return !cgroupParent.empty() || memory || memorySwap || cpuShares || cpuPeriod || cpuQuota || !cpusetCpus.empty() ||
         !cpusetMems.empty();
}

namespace {
struct NamedResource {
  StringRef name;
  int number;
};
constexpr NamedResource kResources[] = {{"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
                                        {"data", RLIMIT_DATA},         {"fsize", RLIMIT_FSIZE},
                                        {"locks", RLIMIT_LOCKS},       {"memlock", RLIMIT_MEMLOCK},
                                        {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
                                        {"nofile", RLIMIT_NOFILE},     {"nproc", RLIMIT_NPROC},
                                        {"rss", RLIMIT_RSS},           {"rtprio", RLIMIT_RTPRIO},
                                        {"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
                                        {"stack", RLIMIT_STACK}};

std::optional<uint64_t> limitOf(StringRef text) {
  uint64_t value = 0;
  if (text == "-1") return Ulimit::kUnlimited;
  if (text.getAsInteger(10, value)) return std::nullopt;
  return value;
}
}  // namespace

llvm::Expected<Ulimit> parseUlimit(StringRef text) {
  auto wrong = [&](const llvm::Twine& what) {
    return fault(FaultKind::Invalid, "invalid ulimit \"" + printable(text) + "\": " + what);
  };
  auto [name, values] = text.split('=');
  auto [softText, hardText] = values.split(':');
  const auto* known =
      llvm::find_if(kResources, [&, name = name](const NamedResource& one) { return one.name == name; });
  if (known == std::end(kResources)) {
    std::vector<StringRef> names;
    for (const NamedResource& one : kResources) names.push_back(one.name);
    return wrong("no such limit" + didYouMean(name, names));
  }
  auto soft = limitOf(softText), hard = values.contains(':') ? limitOf(hardText) : soft;
  if (!soft || !hard) return wrong("write NAME=SOFT[:HARD] with numbers, or -1 for none");
  if (*soft > *hard) return wrong("the soft limit is above the hard one");
  return Ulimit{name.str(), known->number, *soft, *hard};
}

}  // namespace strata::runtime
