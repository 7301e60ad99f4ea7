#pragma once
/// \file Errors that are about what a flag was given: the exit status tells them from failures of the command.

#include "layerfs/platform.h"
#include "support/fault.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::cli {

/// A Fault otherwise. Context that is added to it makes it an ordinary one.
class FlagFault : public llvm::ErrorInfo<FlagFault, Fault> {
public:
  static char ID;
  using llvm::ErrorInfo<FlagFault, Fault>::ErrorInfo;
};

/// The same error as one of a flag's value, if it says that the value is wrong (Invalid, Unsupported).
[[nodiscard]] llvm::Error asFlagFault(llvm::Error error);

/// Of a value that a flag must not have: a FlagFault of kind Invalid.
[[nodiscard]] llvm::Error unfitFlag(const llvm::Twine& message);

/// The same for `text`, which `flag` was given, in docker's words.
[[nodiscard]] llvm::Error unfitValue(llvm::StringRef text, llvm::StringRef flag, const llvm::Twine& why);

/// What --platform says; nothing: it was not given. Faults: a FlagFault.
llvm::Expected<std::optional<layerfs::Platform>> platformFlag(llvm::StringRef text);

}  // namespace strata::cli
