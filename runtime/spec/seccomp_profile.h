#pragma once
/// \file The facts of docker's default seccomp profile, apart from the two forms that are made of them (seccomp.cc).

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <cstdint>
#include <optional>

namespace strata::runtime {

/// A condition on one argument of a system call.
struct SeccompArgument {
  enum class Test { Equal, NotEqual, MaskedEqual };
  unsigned index = 0;  ///< from 0
  Test test = Test::Equal;
  uint64_t value = 0;   ///< MaskedEqual: the mask
  uint64_t wanted = 0;  ///< MaskedEqual: what is left under the mask
};

/// One rule: these system calls are allowed (or answered with `errorNumber`), if the argument is so, with any of the
/// capabilities `with`, and without the capability `without`.
struct SeccompRule {
  llvm::ArrayRef<llvm::StringRef> names;
  llvm::ArrayRef<llvm::StringRef> with;  ///< empty: always
  llvm::StringRef without;               ///< empty: always
  std::optional<SeccompArgument> argument;
  int errorNumber = 0;  ///< 0: allowed
};

/// Every rule of the profile, whatever the capabilities.
llvm::ArrayRef<SeccompRule> seccompRules();

}  // namespace strata::runtime
