#include "runtime/spec/capabilities.h"

#include "runtime/spec/container_spec.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace strata::runtime {

using llvm::StringRef;

llvm::ArrayRef<StringRef> allCapabilities() {
  static constexpr StringRef kNames[] = {"CAP_CHOWN",
                                         "CAP_DAC_OVERRIDE",
                                         "CAP_DAC_READ_SEARCH",
                                         "CAP_FOWNER",
                                         "CAP_FSETID",
                                         "CAP_KILL",
                                         "CAP_SETGID",
                                         "CAP_SETUID",
                                         "CAP_SETPCAP",
                                         "CAP_LINUX_IMMUTABLE",
                                         "CAP_NET_BIND_SERVICE",
                                         "CAP_NET_BROADCAST",
                                         "CAP_NET_ADMIN",
                                         "CAP_NET_RAW",
                                         "CAP_IPC_LOCK",
                                         "CAP_IPC_OWNER",
                                         "CAP_SYS_MODULE",
                                         "CAP_SYS_RAWIO",
                                         "CAP_SYS_CHROOT",
                                         "CAP_SYS_PTRACE",
                                         "CAP_SYS_PACCT",
                                         "CAP_SYS_ADMIN",
                                         "CAP_SYS_BOOT",
                                         "CAP_SYS_NICE",
                                         "CAP_SYS_RESOURCE",
                                         "CAP_SYS_TIME",
                                         "CAP_SYS_TTY_CONFIG",
                                         "CAP_MKNOD",
                                         "CAP_LEASE",
                                         "CAP_AUDIT_WRITE",
                                         "CAP_AUDIT_CONTROL",
                                         "CAP_SETFCAP",
                                         "CAP_MAC_OVERRIDE",
                                         "CAP_MAC_ADMIN",
                                         "CAP_SYSLOG",
                                         "CAP_WAKE_ALARM",
                                         "CAP_BLOCK_SUSPEND",
                                         "CAP_AUDIT_READ",
                                         "CAP_PERFMON",
                                         "CAP_BPF",
                                         "CAP_CHECKPOINT_RESTORE"};
  return kNames;
}

uint64_t capabilityBits(llvm::ArrayRef<StringRef> names) {
  uint64_t bits = 0;
  for (const auto& [number, name] : llvm::enumerate(allCapabilities()))
    if (llvm::is_contained(names, name)) bits |= uint64_t(1) << number;
  return bits;
}

uint64_t heldCapabilityBits() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return 0;
  return data[0].permitted | uint64_t(data[1].permitted) << 32;
}

std::vector<StringRef> heldOf(llvm::ArrayRef<StringRef> names) {
  uint64_t held = heldCapabilityBits();
  std::vector<StringRef> result;
  for (StringRef name : names)
    if (capabilityBits(name) & held) result.push_back(name);
  return result;
}

namespace {
constexpr StringRef kEveryCapability = "ALL";

/// Each as allCapabilities() has it, or ALL.
llvm::Expected<std::vector<StringRef>> namesFrom(llvm::ArrayRef<std::string> texts, StringRef option) {
  std::vector<StringRef> names;
  for (const std::string& text : texts) {
    std::string name = StringRef(text).upper();
    if (name != kEveryCapability && !StringRef(name).starts_with("CAP_")) name.insert(0, "CAP_");
    const auto* known = llvm::find(allCapabilities(), StringRef(name));
    if (name == kEveryCapability)
      names.push_back(kEveryCapability);
    else if (known != allCapabilities().end())
      names.push_back(*known);
    else
      return fault(FaultKind::Invalid, "invalid " + option + ": unknown capability: \"" + printable(name) + "\"" +
                                           didYouMean(name, allCapabilities()));
  }
  return names;
}
}  // namespace

llvm::Expected<std::vector<StringRef>> capabilitiesWith(llvm::ArrayRef<std::string> added,
                                                        llvm::ArrayRef<std::string> dropped) {
  auto more = namesFrom(added, "CapAdd");
  if (!more) return more;
  auto less = namesFrom(dropped, "CapDrop");
  if (!less) return less;
  std::vector<StringRef> chosen;
  bool addsAll = llvm::is_contained(*more, kEveryCapability);
  llvm::ArrayRef<StringRef> base = addsAll ? allCapabilities() : defaultCapabilities();
  if (addsAll || !llvm::is_contained(*less, kEveryCapability))
    for (StringRef name : base)
      if (!llvm::is_contained(*less, name)) chosen.push_back(name);
  for (StringRef name : *more)
    if (name != kEveryCapability && !llvm::is_contained(chosen, name)) chosen.push_back(name);
  return chosen;
}

}  // namespace strata::runtime
