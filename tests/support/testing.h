#pragma once
/// \file What every test needs: unwrapping results, checking faults, a temporary directory, small trees.

#include "support/fault.h"
#include "support/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace strata::testing {

/// The value, or the end of the test program with the error's message.
template <typename T>
T must(llvm::Expected<T> value) {
  if (!value) {
    std::string message = messageOf(value.takeError());
    ADD_FAILURE() << message;
    std::fprintf(stderr, "must: %s\n", message.c_str());
    std::abort();
  }
  return std::move(*value);
}
inline void must(llvm::Error error) {
  if (!error) return;
  std::string message = messageOf(std::move(error));
  ADD_FAILURE() << message;
  std::fprintf(stderr, "must: %s\n", message.c_str());
  std::abort();
}

/// The fault of a result that must be one; consumes it. nullopt kind when there was none.
struct SeenFault {
  std::optional<FaultKind> kind;
  std::string message;
};
inline SeenFault faultOf(llvm::Error error) {
  if (!error) return {};
  FaultKind kind = kindOf(error);
  return {kind, messageOf(std::move(error))};
}
template <typename T>
SeenFault faultOf(llvm::Expected<T> value) {
  if (value) return {};
  return faultOf(value.takeError());
}

#define EXPECT_FAULT(expression, faultKind)                                        \
  do {                                                                             \
    auto seen = ::strata::testing::faultOf(expression);                            \
    EXPECT_EQ(seen.kind, std::optional(faultKind)) << "message: " << seen.message; \
  } while (false)

/// Also checks that the message contains this text.
#define EXPECT_FAULT_SAYING(expression, faultKind, part)                           \
  do {                                                                             \
    auto seen = ::strata::testing::faultOf(expression);                            \
    EXPECT_EQ(seen.kind, std::optional(faultKind)) << "message: " << seen.message; \
    EXPECT_THAT(seen.message, ::testing::HasSubstr(part));                         \
  } while (false)

/// A fresh directory on a real disk (not tmpfs: overlay and xattrs behave as in the store).
inline TempDir makeTempDir() {
  const char* parent = std::getenv("STRATA_TEST_DIR");
  return must(TempDir::make(parent ? parent : "/var/tmp", "strata-test-"));
}

inline void writeFile(const std::string& path, llvm::StringRef text, mode_t mode = 0644) {
  must(makeDirectories(path.substr(0, path.find_last_of('/'))));
  must(writeFileAtomically(path, text, mode));
}

}  // namespace strata::testing
