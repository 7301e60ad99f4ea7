/// \file `system prune` and `image prune`: forgetting what nobody needs, then sweeping what nothing names any more.

#include "builder/build.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/image_lookup.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/fault.h"
#include "support/text.h"

#include <unistd.h>

namespace strata::cli {

namespace {

struct PruneOptions {
  bool all = false, force = false;
};

/// Cache that no build has used for this long is unused.
constexpr int64_t kUnusedAfter = int64_t(7) * 24 * 3600 * 1'000'000'000;

/// Faults: Invalid where nobody can be asked.
llvm::Expected<bool> agreed(const PruneOptions& options, llvm::StringRef warning) {
  if (options.force) return true;
  if (!isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid, "refusing to remove anything unasked: standard input is no terminal; use --force");
  llvm::errs() << "WARNING! This will remove:\n" << warning << "\n";
  return confirm("Are you sure you want to continue?");
}

/// Without a name, or all of them. True if there were any.
llvm::Expected<bool> removeImages(bool all, layerfs::ImageStore& images, llvm::raw_ostream& out) {
  auto list = images.list();
  if (!list) return list.takeError();
  bool any = false;
  for (const layerfs::ImageSummary& image : *list) {
    if (!all && !image.names.empty()) continue;
    if (llvm::Error error = images.remove(image.id)) return error;
    if (!any) out << "Deleted Images:\n";
    for (const std::string& name : image.names) out << "untagged: " << familiarName(name) << "\n";
    out << "deleted: " << image.id.str() << "\n";
    any = true;
  }
  if (any) out << "\n";
  return any;
}

/// What cache records still name stays.
llvm::Error sweep(layerfs::Store& store, llvm::raw_ostream& out, uint64_t reclaimed = 0) {
  auto cache = builder::cacheUsage(store);
  if (!cache) return cache.takeError();
  auto swept = store.sweep({cache->layerIds.begin(), cache->layerIds.end()});
  if (!swept) return swept.takeError();
  out << "Total reclaimed space: " << humanSize(reclaimed + swept->bytes) << "\n";
  return llvm::Error::success();
}

llvm::Expected<int> imagePrune(const PruneOptions& options, Session& session) {
  auto yes = agreed(options, options.all ? "  - all images that no container uses\n" : "  - all dangling images\n");
  if (!yes) return yes.takeError();
  if (!*yes) return 0;
  auto store = session.store();
  if (!store) return store.takeError();
  auto removed = removeImages(options.all, (*store)->images(), session.out());
  if (!removed) return removed.takeError();
  if (llvm::Error error = sweep(**store, session.out())) return error;
  return 0;
}

llvm::Expected<int> systemPrune(const PruneOptions& options, Session& session) {
  auto yes = agreed(options, options.all ? "  - all images that no container uses\n  - all build cache\n"
                                         : "  - all dangling images\n  - build cache that was not used for 7 days\n");
  if (!yes) return yes.takeError();
  if (!*yes) return 0;
  auto store = session.store();
  if (!store) return store.takeError();
  auto images = removeImages(options.all, (*store)->images(), session.out());
  if (!images) return images.takeError();
  auto cache = builder::pruneCache(
      **store, options.all ? std::nullopt : std::optional<int64_t>(nowNanoseconds() - kUnusedAfter));
  if (!cache) return cache.takeError();
  if (uint64_t objects = cache->records + cache->mounts)
    session.out() << "Deleted build cache objects: " << objects << "\n\n";
  if (llvm::Error error = sweep(**store, session.out(), cache->mountBytes)) return error;
  return 0;
}

}  // namespace

Command imagePruneCommand() {
  return {.name = "prune",
          .usage = "[OPTIONS]",
          .description = "Remove unused images",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<PruneOptions>();
            declared.flag("-a,--all", options->all, "Remove all images that no container uses, not only dangling ones");
            declared.flag("-f,--force", options->force, "Do not ask");
            declared.later("--filter", true);
            return [options](Session& session, const Arguments&) { return imagePrune(*options, session); };
          }};
}

Command systemPruneCommand() {
  return {.name = "prune",
          .usage = "[OPTIONS]",
          .description = "Remove what is not used: images, build cache, and what a crash left behind",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<PruneOptions>();
            declared.flag("-a,--all", options->all, "Remove all images that no container uses, and all build cache");
            declared.flag("-f,--force", options->force, "Do not ask");
            declared.later("--filter", true);
            declared.later("--volumes", false);
            return [options](Session& session, const Arguments&) { return systemPrune(*options, session); };
          }};
}

}  // namespace strata::cli
