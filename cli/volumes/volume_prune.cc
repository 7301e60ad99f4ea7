#include "cli/commands.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/pruned.h"
#include "cli/volumes/volume_filters.h"
#include "runtime/containers/container_store.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {

struct VolumePruneOptions {
  bool all = false, force = false;
  std::vector<std::string> filters;
};

llvm::Expected<int> prune(VolumePruneOptions options, Session& session) {
  // docker has -a as a filter, too.
  llvm::erase_if(options.filters, [&](llvm::StringRef text) {
    auto [key, value] = text.split('=');
    auto all = booleanOf(value);
    if (key != "all" || !all) return false;
    options.all = options.all || *all;
    return true;
  });
  if (auto filters = VolumeFilters::read(options.filters); !filters) return filters.takeError();
  if (!options.force) {
    llvm::StringRef which = options.all ? "all" : "anonymous";
    auto agreed = confirmRemoval(
        ("WARNING! This will remove " + which + " local volumes not used by at least one container.").str());
    if (!agreed) return agreed.takeError();
    if (!*agreed) return 0;
  }
  auto pruned = pruneVolumes(session, {.named = options.all, .filters = options.filters});
  if (!pruned) return pruned.takeError();
  printPruned("Deleted Volumes:", *pruned, session.out());
  session.out() << "Total reclaimed space: " << humanSize(pruned->bytes) << "\n";
  return 0;
}

}  // namespace

llvm::Expected<PrunedThings> pruneVolumes(Session& session, const VolumePruneRequest& request) {
  auto filters = VolumeFilters::read(request.filters);
  if (!filters) return filters.takeError();
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto volumes = (*containers)->volumes();
  if (!volumes) return volumes.takeError();
  auto all = (*volumes)->list();
  if (!all) return all.takeError();
  PrunedThings pruned;
  for (const runtime::Volume& volume : *all) {
    auto admitted = filters->admit(volume, **volumes);
    auto users = (*volumes)->usersOf(volume.name);
    if (!admitted) return admitted.takeError();
    if (!users) return users.takeError();
    if (!*admitted || !users->empty() || (!request.named && !volume.isAnonymous())) continue;
    auto use = diskUse(volume.mountpoint);
    if (!use) return use.takeError();
    if (!request.dryRun) {
      llvm::Error error = (*volumes)->remove(volume.name);
      // Somebody has begun to use it, or was faster.
      if (takeIf(error, FaultKind::Denied) || takeIf(error, FaultKind::NotFound)) continue;
      if (error) return error;
    }
    pruned.names.push_back(volume.name);
    pruned.bytes += use->bytes;
  }
  if (!request.dryRun) tellPruned(session, "volume", pruned.bytes);
  return pruned;
}

void printPruned(llvm::StringRef title, const PrunedThings& pruned, llvm::raw_ostream& out) {
  if (pruned.names.empty()) return;
  out << title << "\n";
  for (const std::string& name : pruned.names) out << name << "\n";
  out << "\n";
}

Command volumePruneCommand() {
  return {.name = "prune",
          .usage = "[OPTIONS]",
          .description = "Remove anonymous volumes that no container has",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<VolumePruneOptions>();
            declared.flag("-a,--all", options->all, "Remove all volumes that no container has, named ones, too");
            declared.list("--filter", options->filters, "label=KEY[=VALUE], label!=..., name=, all=true", "filter");
            declared.flag("-f,--force", options->force, "Do not ask");
            return [options](Session& session, const Arguments&) { return prune(*options, session); };
          }};
}

}  // namespace strata::cli
