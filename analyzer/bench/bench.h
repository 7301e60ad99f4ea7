#pragma once
/// \file `strata bench`: the user's own build in the situations in which it is made every day, measured for strata and
/// for its peers.

#include "analyzer/bench/bench_report.h"
#include "analyzer/bench/bench_request.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata {
class CancelToken;
}

namespace strata::analyzer {

/// Works below `request.directory` alone; what it has peers build gets names of its own, which go at the end. `tell`
/// hears a line a round. Faults: ProgramFailed with what a build said; NotFound and Unavailable for a peer, before
/// anything is measured; Invalid for a file that is not there; Cancelled.
llvm::Expected<BenchReport> runBench(const BenchRequest& request, llvm::function_ref<void(const std::string&)> tell,
                                     const CancelToken& cancel);

}  // namespace strata::analyzer
