#include "support/user_namespace.h"

#include "support/files.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace strata {

bool inInitialUserNamespace() {
  auto map = readFile("/proc/self/uid_map", 4096);
  if (!map) {
    llvm::consumeError(map.takeError());
    return true;  // a kernel without user namespaces
  }
  llvm::SmallVector<llvm::StringRef, 4> numbers;
  llvm::StringRef(*map).trim().split(numbers, ' ', -1, /*KeepEmpty=*/false);
  return numbers.size() == 3 && numbers[0] == "0" && numbers[1] == "0" && numbers[2] == "4294967295";
}

bool isGroupMapped(uint32_t group) {
  auto map = readFile("/proc/self/gid_map", 4096);
  if (!map) {
    llvm::consumeError(map.takeError());
    return true;
  }
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(*map).split(lines, '\n', -1, false);
  for (llvm::StringRef line : lines) {
    llvm::SmallVector<llvm::StringRef, 4> numbers;
    line.split(numbers, ' ', -1, false);
    uint64_t first = 0, count = 0;
    if (numbers.size() != 3 || numbers[0].getAsInteger(10, first) || numbers[2].getAsInteger(10, count)) continue;
    if (group >= first && group < first + count) return true;
  }
  return false;
}

bool maySetGroups() {
  auto text = readFile("/proc/self/setgroups", 16);
  if (text) return llvm::StringRef(*text).trim() != "deny";
  llvm::consumeError(text.takeError());
  return true;
}

bool mayMakeAnyFile() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  auto has = [&](unsigned capability) { return (data[0].effective >> capability & 1) != 0; };
  return has(CAP_CHOWN) && (has(CAP_MKNOD) || !inInitialUserNamespace());
}

}  // namespace strata
