#pragma once
/// \file Which file of a project is changed for a measurement.

#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata {
class CancelToken;
}

namespace strata::analyzer {

/// Regular files that steps of the build took from `context`, by their paths in it, sorted, each once: what it ignores
/// is none of them. What a COPY's words do not lead to plainly (a bind mount's source, a path with a link) is left out.
llvm::Expected<std::vector<std::string>> copiedFiles(const builder::Build& build, builder::TreeStore& trees,
                                                     const std::string& context);

/// The candidate that stands most often in `names`, the earlier path of equal ones; nothing where none does.
std::optional<std::string> mostFrequent(llvm::ArrayRef<std::string> names, llvm::ArrayRef<std::string> candidates);

/// The candidates that the names of a build journal may mean, which leave out what is above a COPY's source: each name
/// that has a meaning, by that.
std::vector<std::string> meantByJournal(llvm::ArrayRef<std::string> names, llvm::ArrayRef<std::string> candidates);

/// The source file that changed in most of the last commits, where `context` is in a git repository that can be asked;
/// else the most frequent of `recorded`, names of a journal; else the one that was changed last. A file that names
/// dependencies only where there is no other. Faults: Cancelled.
llvm::Expected<std::optional<std::string>> chooseTouched(const std::string& context,
                                                         llvm::ArrayRef<std::string> candidates,
                                                         llvm::ArrayRef<std::string> recorded,
                                                         const CancelToken& cancel);

/// The lock file of a package manager, or else its list of dependencies, nearest to the root of the context.
std::optional<std::string> chooseDependency(llvm::ArrayRef<std::string> candidates);

}  // namespace strata::analyzer
