#pragma once
/// \file What the user's journal knows of a directory that `strata bench` measures.

#include "cli/session.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

/// The files for which the last builds of this context ran steps again, as the journal calls them, each as often as it
/// did that. None where there was no such build, no store, or no journal that can be read. Faults: Cancelled.
llvm::Expected<std::vector<std::string>> changedFilesOf(const std::string& context, Session& session);

}  // namespace strata::cli
