#pragma once
/// \file A process of the host that was started by somebody else. Its number alone does not name it: the kernel gives
/// that to another one later. Source: proc(5), /proc/pid/stat; pidfd_open(2).

#include "support/unique_fd.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <string>

namespace strata {

/// When it started, in clock ticks since the host did; also of one that has ended and was not waited for yet. 0: there
/// is none.
uint64_t startOfProcess(pid_t pid);

/// Number and start, which together name a process for as long as the host is up.
struct ProcessName {
  pid_t pid = 0;
  uint64_t started = 0;  ///< as startOfProcess() says it; 0: nobody looked
};
/// "1234 567890": to be kept in a file, and back.
std::string textOf(const ProcessName& name);
/// Faults: Invalid.
llvm::Expected<ProcessName> processNameFrom(llvm::StringRef text);

/// One that lived when this was made. Nothing that is done through it ever meets another process.
class ProcessHandle {
public:
  /// Faults: NotFound if it has ended, whoever has its number now.
  static llvm::Expected<ProcessHandle> open(const ProcessName& name);
  /// Whoever has the number at this moment. Faults: NotFound.
  static llvm::Expected<ProcessHandle> open(pid_t pid);

  /// Faults: NotFound if it has ended; Denied.
  [[nodiscard]] llvm::Error signal(int number) const;
  /// False: it has not ended in this time.
  bool waitForEnd(std::chrono::milliseconds patience) const;
  /// What the kernel shows of it: "root", "ns/net", "cgroup". `flags`: of open(2). Faults: NotFound if it has ended;
  /// Denied.
  llvm::Expected<UniqueFd> openFile(const std::string& name, int flags) const;
  /// 0: it has ended.
  pid_t parent() const;

private:
  ProcessHandle(UniqueFd process, UniqueFd facts) : process_(std::move(process)), facts_(std::move(facts)) {}
  UniqueFd process_;  ///< a pidfd
  UniqueFd facts_;    ///< its directory of /proc
};

}  // namespace strata
