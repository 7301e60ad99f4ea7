#pragma once
/// \file The images that a build stands on, taken over from the user's store into a file for `strata bench`.

#include "analyzer/bench/bench_request.h"
#include "builder/build.h"
#include "cli/session.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

struct TakenBases {
  std::vector<analyzer::BenchBase> bases;  ///< each name and platform once
  bool hasArchive = false;                 ///< some of them are in the file
};

/// Plans the build to find out, in a store below `directory`, and asks no registry. The user's store is read alone: an
/// image whose layers it has not got is to be pulled, as one that it does not know. Faults: Cancelled; Invalid where no
/// registry has such an image, since it was built here on one; as a build's plan.
llvm::Expected<TakenBases> takeBases(const builder::BuildRequest& request, const std::string& directory,
                                     const std::string& archive, Session& session);

}  // namespace strata::cli
