#include "runtime/containers/process_facts.h"

#include "support/files.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

namespace strata::runtime {

uint64_t startOfProcess(pid_t pid) {
  constexpr size_t kStartTime = 19;  // of the fields behind the name, which may hold anything
  auto text = readFile("/proc/" + std::to_string(pid) + "/stat", 1 << 16);
  if (!text) {
    llvm::consumeError(text.takeError());
    return 0;
  }
  llvm::SmallVector<llvm::StringRef> fields;
  llvm::StringRef(*text).rsplit(") ").second.split(fields, ' ');
  uint64_t started = 0;
  if (fields.size() > kStartTime) fields[kStartTime].getAsInteger(10, started);
  return started;
}

}  // namespace strata::runtime
