#include "support/crash_point.h"

#include <llvm/ADT/StringRef.h>

#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstdlib>

namespace strata {

namespace {
uint64_t readCrashAt() {
  const char* value = std::getenv("STRATA_CRASH_AT");
  uint64_t number = 0;
  if (!value || llvm::StringRef(value).getAsInteger(10, number)) return 0;
  return number;
}

std::atomic<uint64_t> passed{0};
}  // namespace

const uint64_t crashAt = readCrashAt();

void countCrashPoint() {
  if (passed.fetch_add(1) + 1 == crashAt) ::kill(::getpid(), SIGKILL);
}

}  // namespace strata
