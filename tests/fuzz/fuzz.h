#pragma once
/// \file Fuzz targets: each parser of foreign bytes has one, NAME_fuzz.cc, with its inputs in corpus/NAME and its words
/// in NAME.dict. libFuzzer runs a target on what it makes up (fuzz_main.cc, scripts/fuzz), GoogleTest on the inputs
/// kept (replay_test.cc).

#include "support/fault.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/ADT/Twine.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <vector>

namespace strata::fuzz {

/// What a few bytes may grow to is no finding, but takes time: no target reads on from here.
inline constexpr size_t kMostInflated = 1 << 20;

/// One target. It must come back in time from any input, and says by broken() what should hold and does not.
struct Target {
  const char* name;
  void (*run)(llvm::StringRef input);
};
/// Of those linked into this program.
std::vector<Target>& targets();

/// Reports a promise that this input breaks: ends a fuzzer, fails a test.
void broken(const llvm::Twine& promise);

/// Defines the one target of a file: FUZZ_TARGET(reference) { ... input ... }
#define FUZZ_TARGET(target)                                                   \
  static void target##Target(llvm::StringRef input);                          \
  [[maybe_unused]] static const bool target##Registered =                     \
      (::strata::fuzz::targets().push_back({#target, target##Target}), true); \
  static void target##Target(llvm::StringRef input)

/// In a function without a result: leaves it where the promise is broken.
#define FUZZ_EXPECT(condition, promise) \
  do {                                  \
    if (!(condition)) {                 \
      ::strata::fuzz::broken(promise);  \
      return;                           \
    }                                   \
  } while (false)

/// The value if there is one; an error is an answer like any other, but it must say something.
template <typename T>
std::optional<T> valueOf(llvm::Expected<T> value) {
  if (value) return std::move(*value);
  if (messageOf(value.takeError()).empty()) broken("a fault says what is wrong");
  return std::nullopt;
}

}  // namespace strata::fuzz
