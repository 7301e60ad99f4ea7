#pragma once
/// \file What is left in a destination of an earlier output, for `-o type=local,mode=delete`. Source: spec OUT-17.

#include <llvm/Support/Error.h>

#include <set>
#include <string>

namespace strata::builder {

/// Relative paths, a directory's children beside it.
using KeptPaths = std::set<std::string>;

/// Removes from `directory` everything that is not in `kept`. No symbolic link is followed.
[[nodiscard]] llvm::Error removeStale(const std::string& directory, const KeptPaths& kept);

}  // namespace strata::builder
