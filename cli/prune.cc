/// \file `system prune`, `image prune` and `builder prune`: forgetting what nobody needs, and making the store fit.

#include "builder/upkeep/prune.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/image_events.h"
#include "cli/image_lookup.h"
#include "cli/options.h"
#include "cli/prune_filters.h"
#include "cli/pruned.h"
#include "cli/session.h"
#include "layerfs/event_log.h"
#include "support/byte_size.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {

using builder::PruneRequest;

struct PruneOptions {
  bool all = false, force = false, dryRun = false, volumes = false;
  bool things = false;  ///< containers and networks, too
  std::string maxSize, keepCache;
  std::vector<std::string> filters;
};

/// Cache that no build has used for this long is unused.
constexpr int64_t kUnusedAfter = int64_t(7) * 24 * 3600 * 1'000'000'000;

void printPlan(const builder::PruneOutcome& outcome, llvm::raw_ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"KIND", "NAME", "SIZE", "WHY"}};
  for (const builder::Pruned& one : outcome.gone) {
    std::string name = one.names.empty() ? one.name : familiarName(one.names.front());
    rows.push_back({one.kind, name, humanSize(one.bytes), one.reason});
  }
  if (rows.size() > 1) out << table(rows) << "\n";
  out << "Would reclaim about " << humanSize(outcome.before - outcome.after) << " of " << humanSize(outcome.before)
      << "\n";
}

/// What went before the rest was measured, by its kind.
struct Things {
  PrunedThings containers, volumes, networks;
};

/// Containers first: what they have is free then.
llvm::Expected<Things> pruneThings(const PruneOptions& options, Session& session) {
  Things things;
  if (options.things) {
    auto containers = pruneContainers(session, {.dryRun = options.dryRun, .filters = options.filters});
    if (!containers) return containers.takeError();
    things.containers = std::move(*containers);
  }
  if (options.volumes) {
    auto volumes = pruneVolumes(session, {.dryRun = options.dryRun, .filters = options.filters});
    if (!volumes) return volumes.takeError();
    things.volumes = std::move(*volumes);
  }
  if (!options.things) return things;
  auto networks = pruneNetworks(session, {.dryRun = options.dryRun, .filters = options.filters});
  if (!networks) return networks.takeError();
  things.networks = std::move(*networks);
  return things;
}

void addToPlan(const PrunedThings& things, const char* kind, const char* reason, builder::PruneOutcome& outcome) {
  for (const std::string& name : things.names) outcome.gone.push_back({.kind = kind, .name = name, .reason = reason});
}

/// Of a dry run: they are still part of what was measured.
void addThings(const Things& things, builder::PruneOutcome& outcome) {
  addToPlan(things.containers, "container", "does not run", outcome);
  addToPlan(things.volumes, "volume", "no container has it", outcome);
  addToPlan(things.networks, "network", "no container is on it", outcome);
  outcome.after -= std::min(outcome.after, things.containers.bytes + things.volumes.bytes);
}

void printThings(const Things& things, llvm::raw_ostream& out) {
  printPruned("Deleted Containers:", things.containers, out);
  printPruned("Deleted Volumes:", things.volumes, out);
  printPruned("Deleted Networks:", things.networks, out);
}

void printGone(const builder::PruneOutcome& outcome, llvm::raw_ostream& out) {
  uint64_t objects = 0;
  bool images = false;
  for (const builder::Pruned& one : outcome.gone) {
    if (one.kind != "image") {
      objects += one.kind != "leftover" && one.kind != "history";
      continue;
    }
    if (!images) out << "Deleted Images:\n";
    images = true;
    for (const std::string& name : one.names) out << "untagged: " << familiarName(name) << "\n";
    out << "deleted: " << one.name << "\n";
  }
  if (images) out << "\n";
  if (objects) out << "Deleted build cache objects: " << objects << "\n\n";
  out << "Total reclaimed space: " << humanSize(outcome.before - std::min(outcome.before, outcome.after)) << "\n";
}

/// As it was given, for those who ask later where a record went: "builder prune --all".
std::string commandText(llvm::StringRef name, const PruneOptions& options) {
  std::string text = name.str();
  if (options.all) text += " --all";
  for (llvm::StringRef filter : options.filters) text += (" --filter " + filter).str();
  if (!options.maxSize.empty()) text += " --max-size " + options.maxSize;
  if (!options.keepCache.empty()) text += " --keep-storage " + options.keepCache;
  return text;
}

/// What is no image's is the builder's.
void tellGone(const builder::PruneOutcome& outcome, const PruneRequest& request, Session& session) {
  uint64_t all = outcome.before - std::min(outcome.before, outcome.after), ofImages = 0;
  for (const builder::Pruned& one : outcome.gone) {
    if (one.kind != "image") continue;
    ofImages += one.bytes;
    for (const std::string& name : one.names) tellImage(session, "untag", one.name, name);
    tellImage(session, "delete", one.name, "");
  }
  ofImages = std::min(all, ofImages);
  if (request.images != PruneRequest::Images::None) tellPruned(session, "image", ofImages);
  if (request.cache != PruneRequest::Cache::None) tellPruned(session, "builder", all - ofImages);
}

llvm::Expected<int> prune(llvm::StringRef name, const PruneOptions& options, PruneRequest request,
                          llvm::StringRef warning, Session& session) {
  request.command = commandText(name, options);
  auto filters = readPruneFilters(options.filters);
  if (!filters) return filters.takeError();
  for (auto [text, target] :
       {std::pair(&options.maxSize, &request.maxSize), {&options.keepCache, &request.keepCache}}) {
    if (text->empty()) continue;
    auto size = parseByteSize(*text);
    if (!size) return size.takeError();
    *target = *size;
  }
  if (filters->until || request.maxSize || request.keepCache) request.unusedSince = filters->until;
  request.dryRun = options.dryRun;
  if (!options.force && !options.dryRun) {
    auto agreed = confirmRemoval(("WARNING! This will remove:\n" + warning).str());
    if (!agreed) return agreed.takeError();
    if (!*agreed) return 0;
  }
  auto things = pruneThings(options, session);
  if (!things) return things.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  request.mayGo = [&](const layerfs::ImageSummary& image) { return filters->admit(image, (*store)->images()); };
  auto outcome =
      builder::prune(**store, request, [&] { session.err() << "waiting for other strata commands to end ...\n"; });
  if (!outcome) return outcome.takeError();
  if (!options.dryRun) {
    tellGone(*outcome, request, session);
    printThings(*things, session.out());
    outcome->before += things->containers.bytes + things->volumes.bytes;
    printGone(*outcome, session.out());
  } else {
    addThings(*things, *outcome);
    printPlan(*outcome, session.out());
  }
  if (outcome->whyNot.empty()) return 0;
  session.err() << outcome->whyNot << "\n";
  return 1;
}

llvm::Expected<int> imagePrune(const PruneOptions& options, Session& session) {
  return prune("image prune", options,
               {.images = options.all ? PruneRequest::Images::Unused : PruneRequest::Images::Dangling},
               options.all ? "  - all images that no container uses\n" : "  - all dangling images\n", session);
}

llvm::Expected<int> systemPrune(PruneOptions options, Session& session) {
  options.things = options.maxSize.empty();
  if (options.volumes && llvm::any_of(options.filters, [](llvm::StringRef text) { return text.starts_with("until="); }))
    return fault(FaultKind::Invalid, "the \"until\" filter is not supported with \"--volumes\"");
  PruneRequest request{.images = options.all ? PruneRequest::Images::Unused : PruneRequest::Images::Dangling,
                       .cache = PruneRequest::Cache::All};
  if (!options.all) request.unusedSince = nowNanoseconds() - kUnusedAfter;
  std::string warning = options.all ? "  - all images that no container uses\n  - all build cache\n"
                                    : "  - all dangling images\n  - build cache that was not used for 7 days\n";
  if (!options.maxSize.empty())
    warning = "  - what is worth least, images " + std::string(options.all ? "included" : "with a name excepted") +
              ", until the store takes no more than " + options.maxSize + "\n";
  if (options.things)
    warning = "  - all stopped containers\n  - all networks not used by at least one container\n" + warning;
  if (options.volumes) warning += "  - all anonymous volumes not used by at least one container\n";
  return prune("system prune", options, std::move(request), warning, session);
}

llvm::Expected<int> builderPrune(const PruneOptions& options, Session& session) {
  return prune("builder prune", options,
               {.cache = options.all ? PruneRequest::Cache::All : PruneRequest::Cache::Unshared},
               options.all ? "  - all build cache\n" : "  - all build cache that no image uses\n", session);
}

void declareCommon(Options& declared, PruneOptions& options, const char* all) {
  declared.flag("-a,--all", options.all, all);
  declared.flag("-f,--force", options.force, "Do not ask");
  declared.flag("--dry-run", options.dryRun, "Say what would go and why, remove nothing");
  declared.list("--filter", options.filters, "until=24h, until=2026-01-02, label=KEY[=VALUE], label!=...", "filter");
}

Action declareImagePrune(Options& declared) {
  auto options = std::make_shared<PruneOptions>();
  declareCommon(declared, *options, "Remove all images that no container uses, not only dangling ones");
  return [options](Session& session, const Arguments&) { return imagePrune(*options, session); };
}

Action declareSystemPrune(Options& declared) {
  auto options = std::make_shared<PruneOptions>();
  declareCommon(declared, *options, "Remove all images that no container uses, and all build cache");
  declared.text("--max-size", options->maxSize,
                "Remove only what is worth least, until all of the store takes no more than this", "bytes");
  declared.flag("--volumes", options->volumes, "Remove anonymous volumes that no container has, too");
  return [options](Session& session, const Arguments&) { return systemPrune(*options, session); };
}

Action declareBuilderPrune(Options& declared) {
  auto options = std::make_shared<PruneOptions>();
  declareCommon(declared, *options, "Remove all build cache, not only what no image uses");
  for (const char* name : {"--keep-storage", "--reserved-space", "--max-used-space"})
    declared.text(name, options->keepCache, "Amount of build cache to keep, the most valuable", "bytes");
  return [options](Session& session, const Arguments&) { return builderPrune(*options, session); };
}

Command pruneCommand(const char* description, Action (*declare)(Options&)) {
  return {.name = "prune",
          .usage = "[OPTIONS]",
          .description = description,
          .minimum = 0,
          .maximum = 0,
          .declare = declare};
}

}  // namespace

void tellPruned(const Session& session, llvm::StringRef type, uint64_t bytes) {
  layerfs::appendEvent(
      session.root(),
      {.type = type.str(), .action = "prune", .actor = "", .attributes = {{"reclaimed", std::to_string(bytes)}}});
}

Command imagePruneCommand() { return pruneCommand("Remove unused images", declareImagePrune); }

Command systemPruneCommand() {
  return pruneCommand(
      "Remove stopped containers, unused networks and images, build cache, and what a crash left behind",
      declareSystemPrune);
}

Command builderPruneCommand() { return pruneCommand("Remove build cache", declareBuilderPrune); }

}  // namespace strata::cli
