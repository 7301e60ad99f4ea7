#pragma once
/// \file The value of one `RUN --device`. The flag belongs to the labs channel of the language, whose steps strata does
/// not run; its value is read all the same, so that a mistake in it is told as one. Source: spec RUN-11.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::builder {

struct RunDevice {
  std::string name;  ///< "vendor/class", "vendor/class=dev", "vendor/class=*", or a class label
  bool required = false;
};

/// Faults: Invalid, with a suggestion for a misspelt key.
llvm::Expected<RunDevice> parseDeviceFlag(llvm::StringRef value);

}  // namespace strata::builder
