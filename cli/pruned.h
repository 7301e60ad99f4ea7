#pragma once
/// \file What `system prune` removes beside images and cache: a function for each kind of thing, defined beside that
/// thing's commands.

#include "cli/session.h"

#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::cli {

struct PrunedThings {
  std::vector<std::string> names;
  uint64_t bytes = 0;  ///< that they took on disk
};

/// What may go; a dry run only says it.
struct PruneWish {
  bool dryRun = false;
  std::vector<std::string> filters = {};  ///< until=, label=, label!=
};
/// Removes containers that do not run.
llvm::Expected<PrunedThings> pruneContainers(Session& session, const PruneWish& wish);
/// Removes networks that were made by a user and that no running container is on.
llvm::Expected<PrunedThings> pruneNetworks(Session& session, const PruneWish& wish);

struct VolumePruneRequest {
  bool named = false;   ///< not only anonymous ones
  bool dryRun = false;  ///< only says what would go
  std::vector<std::string> filters = {};
};
/// Removes the volumes that no container has and the filters admit.
llvm::Expected<PrunedThings> pruneVolumes(Session& session, const VolumePruneRequest& request);

/// docker's event of what was pruned: "container", "image", "network", "volume" or "builder".
void tellPruned(const Session& session, llvm::StringRef type, uint64_t bytes);

/// docker's list of what went, "Deleted Volumes:", with an empty line behind it; nothing for none.
void printPruned(llvm::StringRef title, const PrunedThings& pruned, llvm::raw_ostream& out);

}  // namespace strata::cli
