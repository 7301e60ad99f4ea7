#pragma once
/// \file A newer image in the place of a base: what it was, and a layer more.

#include "analyzer/bench/bench_request.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::analyzer {

/// Those whose name can stand for another image without anything else changing.
std::vector<BenchBase> movableBases(llvm::ArrayRef<BenchBase> bases);

/// Writes a build context below `directory`: `original`, and a file that says which round it is, so that each round's
/// image is another one. The context's path.
llvm::Expected<std::string> writeMovedBase(const std::string& directory, const std::string& original, unsigned round);

}  // namespace strata::analyzer
