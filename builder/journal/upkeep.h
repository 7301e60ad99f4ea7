#pragma once
/// \file Keeping the journal and its trees sound and small: what `system fsck` and `system prune` ask of them.

#include "builder/journal/journal.h"
#include "support/database.h"
#include "support/digest.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <set>

namespace strata::builder {

/// Every build with its steps, oldest first. One that cannot be read is dropped and reported.
[[nodiscard]] llvm::Error visitBuilds(Database& database, llvm::function_ref<llvm::Error(const Build& build)> visitor);
/// Bytes of the builds that Journal::trim(keep) would remove.
llvm::Expected<uint64_t> bytesOfBuildsBeyond(Database& database, size_t keep);

/// Drops and reports tree objects that are not what their digest says. The number looked at.
llvm::Expected<uint64_t> checkTrees(Database& database);
/// Drops and reports what is no reads of a step. The number looked at.
llvm::Expected<uint64_t> checkReads(Database& database);
/// Removes all tree objects but those that these roots reach; how many.
llvm::Expected<uint64_t> dropTreesBut(Database& database, std::set<Digest> roots);

}  // namespace strata::builder
