#pragma once
/// \file A build as JSON, which is how the journal keeps it. A member that is missing or of another type reads as
/// nothing: an older or a newer strata may have written it.

#include "builder/journal/journal.h"

#include <llvm/Support/JSON.h>

namespace strata::builder {

/// All but the steps.
llvm::json::Object headJson(const Build& build);
llvm::json::Array stepsJson(const Build& build);
void readHead(const llvm::json::Object& object, Build& build);
void readSteps(const llvm::json::Value& steps, Build& build);

}  // namespace strata::builder
