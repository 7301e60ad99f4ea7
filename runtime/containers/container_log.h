#pragma once
/// \file A container's log in docker's json-file form: one object a line,
/// {"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.678901234Z"}. A line of more than 16 KiB is several
/// entries, all but the last without "\n".

#include "support/unique_fd.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>

namespace strata::runtime {

enum class LogStream { Output, Errors };

/// Appends. What is not ended by a line break waits, at most 16 KiB for each stream.
class LogWriter {
public:
  static llvm::Expected<LogWriter> open(const std::string& path);
  /// What cannot be written (a full disk) is lost: the container goes on.
  void write(LogStream stream, llvm::StringRef bytes);
  /// Writes what waits: the container has ended.
  void finish();

private:
  explicit LogWriter(UniqueFd file) : file_(std::move(file)) {}
  void take(LogStream stream, llvm::StringRef bytes, std::string& entries);
  UniqueFd file_;
  std::string waiting_[2];
};

struct LogEntry {
  LogStream stream = LogStream::Output;
  std::string text;  ///< with its line break
  int64_t time = 0;  ///< nanoseconds since 1970
};
/// One line of a log; nothing for what is none (cut short by a crash).
std::optional<LogEntry> logEntryFrom(llvm::StringRef line);

}  // namespace strata::runtime
