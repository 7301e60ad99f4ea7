#pragma once
/// \file The results of gates, for people and programs.

#include "analyzer/findings/gates.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/JSON.h>

#include <string>

namespace strata::analyzer {

/// A table with a line a gate, and below it "PASS" or "FAIL" with the numbers.
std::string printGates(llvm::ArrayRef<GateResult> results);
/// "FAIL: 2 passed, 1 failed, 5 skipped"
std::string verdictOf(llvm::ArrayRef<GateResult> results);
/// Schema: docs/json.md, "Gates".
llvm::json::Object toJson(llvm::ArrayRef<GateResult> results);

}  // namespace strata::analyzer
