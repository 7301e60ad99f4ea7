#pragma once
/// \file What git knows of a directory's files: which ones change often.

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata {
class CancelToken;
}

namespace strata::analyzer {

/// The names of files in the last 500 commits, below `directory` and relative to it, each as often as it changed.
/// Nothing where git does not say: there is no git, or no repository. The repository's own settings start no program
/// and reach no network. Faults: Cancelled.
llvm::Expected<std::vector<std::string>> namesInCommits(const std::string& directory, const CancelToken& cancel);

}  // namespace strata::analyzer
