#pragma once
/// \file What every test needs: unwrapping results, checking faults, a temporary directory, small trees.

#include "support/directory_entries.h"
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
/// Of every directory that makeTempDir() gave.
inline std::vector<std::string>& temporaryPaths() {
  static std::vector<std::string> paths;
  return paths;
}
inline TempDir makeTempDir() {
  const char* parent = std::getenv("STRATA_TEST_DIR");
  TempDir made = must(TempDir::make(parent ? parent : "/var/tmp", "strata-test-"));
  temporaryPaths().push_back(made.path());
  return made;
}

/// How many this process has.
inline size_t openDescriptors() { return must(entriesOf("/proc/self/fd")).size(); }

/// The mounts of this mount namespace, a line each, without those of tests that run at the same time.
inline std::string mountsSeen() {
  std::string all = must(readFile("/proc/self/mountinfo")), seen;
  for (llvm::StringRef rest = all; !rest.empty();) {
    auto [line, next] = rest.split('\n');
    rest = next;
    bool ofTest = line.contains("/strata-test-") || line.contains("/strata-e2e-");
    bool ours = llvm::any_of(temporaryPaths(), [&](const std::string& path) { return line.contains(path); });
    if (!ofTest || ours) seen += line.str() + "\n";
  }
  return seen;
}

inline void writeFile(const std::string& path, llvm::StringRef text, mode_t mode = 0644) {
  must(makeDirectories(path.substr(0, path.find_last_of('/'))));
  must(writeFileAtomically(path, text, mode));
}

}  // namespace strata::testing
