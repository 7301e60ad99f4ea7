#include "runtime/container_spec.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringRef.h>

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

}  // namespace strata::runtime
