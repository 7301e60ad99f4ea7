#pragma once
/// \file One logical line -> one node of the tree, its here-documents taken from the lines that follow. Internal to
/// frontend/: see ast.h.

#include "builder/frontend/ast.h"
#include "builder/frontend/lines.h"

namespace strata::builder {

/// The node's pieces point into `line.text` and the tree's arena. Faults: Invalid with the excerpt.
llvm::Expected<AstNode> parseNode(Ast& ast, const LogicalLine& line, LineReader& reader);

}  // namespace strata::builder
