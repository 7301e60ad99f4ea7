#pragma once
/// \file A pattern of a variable's modifier, for the tests of what it does.

#include "builder/frontend/pattern.h"
#include "tests/support/testing.h"

namespace strata::builder {

inline ShellPattern pattern(llvm::StringRef text) { return testing::must(ShellPattern::parse(text)); }

}  // namespace strata::builder
