#include "support/user_namespace.h"

#include "support/files.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

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

}  // namespace strata
