#pragma once
/// \file What of a build tells which of its steps is the same one as a step of another build, and no more: small, so
/// that many builds can be looked through for the one that is then read whole.

#include "builder/journal/journal.h"

#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

struct StepOutline {
  std::string stage;
  std::string instruction;  ///< lower case
  std::string name;         ///< "[build 2/4] RUN make"
  bool hasKey = false;      ///< BuildStep::hasKey()
  bool operator==(const StepOutline&) const = default;
};

/// A step each, in the build's order.
using BuildOutline = std::vector<StepOutline>;

BuildOutline outlineOf(const Build& build);
std::string encodeOutline(const BuildOutline& outline);
/// Nothing where that is none.
std::optional<BuildOutline> decodeOutline(llvm::StringRef encoded);

}  // namespace strata::builder
