#pragma once
/// \file The names that a store knows, for whoever is writing one.

#include "cli/completion/candidates.h"
#include "cli/session.h"

namespace strata::cli {

/// Those that begin with `begun`. A store that is not there is not made, and none that fails is worth a word.
std::vector<Candidate> namesInStore(Noun noun, llvm::StringRef begun, Session& session);

}  // namespace strata::cli
