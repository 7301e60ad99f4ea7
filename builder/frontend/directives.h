#pragma once
/// \file Directives: lines of a file's top that speak to its reader. Source: spec DIR.

#include "builder/frontend/ast.h"

namespace strata::builder {

struct Directives {
  std::vector<Directive> list;
  char escape = '\\';
  uint32_t lines = 0;  ///< how many lines at the top are directives and nothing else
};

/// Faults: Invalid for a directive given twice, and for an escape sign that is none (DIR-3, DIR-5).
llvm::Expected<Directives> readDirectives(const SourceText& source);

}  // namespace strata::builder
