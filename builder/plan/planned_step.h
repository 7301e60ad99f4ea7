#pragma once
/// \file A vertex as the journal's entry has it, before it was begun.

#include "builder/journal/journal.h"
#include "builder/plan/plan.h"

#include <llvm/ADT/StringRef.h>

namespace strata::builder {

/// With the components that the Dockerfile gives, and no outcome. `file` is the Dockerfile's name.
BuildStep plannedStep(const Vertex& vertex, llvm::StringRef file);

}  // namespace strata::builder
