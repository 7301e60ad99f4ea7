#pragma once
/// \file One syntax node -> one typed instruction. Internal to frontend/: see instruction.h.

#include "builder/frontend/instruction.h"

#include <llvm/Support/Error.h>

namespace strata::builder {

/// Every instruction but FROM. Faults: Invalid with the excerpt.
llvm::Expected<Instruction> typeInstruction(const AstNode& node, const SourceText& source);

}  // namespace strata::builder
