#pragma once
/// \file Text for people: sizes, durations, times, suggestions, tables; and the JSON helpers that every document needs.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata {

/// Decimal units as docker prints them: "0B", "1.5kB", "78.2MB" (three or four significant digits).
std::string humanSize(uint64_t bytes);
/// "0.3s", "12.4s", "2m05s", "1h02m".
std::string humanDuration(std::chrono::nanoseconds time);
/// How long ago, as docker says it: "Less than a second ago", "5 minutes ago", "3 weeks ago".
std::string humanAge(int64_t unixSeconds, int64_t nowSeconds);

inline constexpr int64_t kSecond = 1'000'000'000;  ///< in nanoseconds, the unit of times

/// RFC 3339 in UTC with nanoseconds, trailing zeros dropped: "2026-01-02T03:04:05.25Z".
std::string rfc3339(int64_t unixNanoseconds);
/// The way back, any offset. Faults: Invalid, also for a time that 64 bits of nanoseconds cannot say.
llvm::Expected<int64_t> parseRfc3339(llvm::StringRef text);
/// Nanoseconds since 1970, now.
int64_t nowNanoseconds();

/// The candidate nearest in spelling with an edit distance below 3, and none if `word` is a candidate itself.
/// Source: spec ERR-5.
std::string nearest(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> candidates, bool ignoreCase = false);
/// "" or " (did you mean X?)".
std::string didYouMean(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> candidates, bool ignoreCase = false);

/// "1", "t", "true", "True", "TRUE" and their opposites, as Go reads booleans; nothing for any other text.
std::optional<bool> booleanOf(llvm::StringRef text);

/// Columns padded with blanks to the widest cell, three blanks between, none at line ends; rows[0] is the header.
std::string table(llvm::ArrayRef<std::vector<std::string>> rows);

/// Text safe to show on a terminal: control characters (escape sequences from a hostile image), marks that turn the
/// direction of writing and bytes that are no UTF-8 become "\x1b" style.
std::string printable(llvm::StringRef text);

/// Parses JSON from outside: at most `limit` bytes, nesting at most 64 deep. Faults: Invalid naming the position.
llvm::Expected<llvm::json::Value> parseJson(llvm::StringRef text, size_t limit = 16 << 20);
/// One line. LLVM does not keep the order in which members were added: they come sorted, so equal values print equal.
std::string printJson(const llvm::json::Value& value);
std::string printPrettyJson(const llvm::json::Value& value);  ///< four blanks a level, as docker inspect prints

}  // namespace strata
