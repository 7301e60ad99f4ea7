#pragma once
/// \file Reading a container's log, also while it grows.

#include "runtime/containers/container_log.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::runtime {

class LogReader {
public:
  /// A log that is not there yet is empty.
  static llvm::Expected<LogReader> open(const std::string& path);

  /// Places it before the last `entries` of what is there now.
  [[nodiscard]] llvm::Error seekToLast(uint64_t entries);
  /// Gives every whole entry up to the end of what is there now; lines that are none are passed over. False from
  /// `visit` ends it: the answer says whether it went to the end.
  llvm::Expected<bool> read(llvm::function_ref<bool(const LogEntry&)> visit);
  /// Until the log has grown, or this many milliseconds have gone by.
  void waitForMore(int milliseconds);

private:
  explicit LogReader(std::string path) : path_(std::move(path)) {}
  std::string path_;
  UniqueFd file_, changes_;
  std::string rest_;  ///< the beginning of a line
};

}  // namespace strata::runtime
