#pragma once
/// \file Findings as text for a terminal.

#include "analyzer/findings/finding.h"

#include <llvm/ADT/ArrayRef.h>

#include <string>

namespace strata::analyzer {

/// A paragraph a finding, without a heading; notes are only counted. `columns` of the terminal; 0: lines may have any
/// length.
std::string printFindings(llvm::ArrayRef<Finding> findings, unsigned columns = 0);

}  // namespace strata::analyzer
