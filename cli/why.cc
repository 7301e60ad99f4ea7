#include "analyzer/causes/invalidation.h"
#include "cli/commands.h"
#include "cli/image_lookup.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>

#include <set>

namespace strata::cli {

namespace {

struct WhyOptions {
  bool json = false;
};

/// A build by its id, or the last build of an image.
llvm::Expected<builder::Build> findBuild(llvm::StringRef which, Session& session) {
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto build = (*journal)->load(which);
  if (build) return build;
  llvm::Error error = build.takeError();
  if (which == "last" || kindOf(error) != FaultKind::NotFound) return error;
  auto store = session.store();
  if (!store) return llvm::joinErrors(std::move(error), store.takeError());
  auto image = findImage((*store)->images(), which);
  if (!image) {
    llvm::consumeError(std::move(error));
    llvm::consumeError(image.takeError());
    return fault(FaultKind::NotFound, "No such build or image: " + which + " (strata builds ls lists builds)");
  }
  llvm::consumeError(std::move(error));
  auto last = (*journal)->findByImage(image->id);
  if (!last) return last.takeError();
  if (!*last) return fault(FaultKind::NotFound, "image " + which + " was not built here");
  return std::move(**last);
}

std::string headline(const builder::Build& build, size_t misses, int64_t cost) {
  std::string age = humanAge(build.started / 1'000'000'000, nowNanoseconds() / 1'000'000'000);
  llvm::StringRef end = build.succeeded ? "" : ", failed";
  return llvm::formatv("Build {0} of {1} ({2}), {3}{4}: {5} of {6} steps not cached, {7}\n", build.id,
                       printable(build.context), printable(build.dockerfile), age, end, misses, build.steps.size(),
                       humanDuration(std::chrono::nanoseconds(cost)));
}

std::string paragraph(const builder::BuildStep& step, const analyzer::StepReason& reason, const builder::Build& build) {
  std::string text = llvm::formatv("\nstep {0}  {1}  ", step.index + 1, printable(step.name));
  text += humanDuration(std::chrono::nanoseconds(reason.cost));
  if (step.outcome == builder::BuildStep::Outcome::Failed) text += "  failed";
  if (step.firstLine != 0) text += llvm::formatv("  (line {0})", step.firstLine).str();
  return text + "\n" + detailsOf(reason, build);
}

/// The builds of other machines that steps were compared with.
std::string comparisons(llvm::ArrayRef<analyzer::StepReason> reasons) {
  std::set<std::string> lines;
  for (const analyzer::StepReason& reason : reasons)
    if (!reason.comparedCache.empty() && !reason.causes.empty())
      lines.insert("compared with build " + reason.comparedWith + " of the cache " + printable(reason.comparedCache) +
                   "\n");
  return llvm::join(lines, "");
}

void printReasons(const builder::Build& build, llvm::ArrayRef<analyzer::StepReason> reasons, llvm::raw_ostream& out) {
  size_t misses = 0;
  int64_t cost = 0;
  std::string paragraphs;
  for (auto [step, reason] : llvm::zip(build.steps, reasons)) {
    if (reason.hit || reason.causes.empty()) continue;
    ++misses;
    cost += reason.cost;
    paragraphs += paragraph(step, reason, build);
  }
  out << headline(build, misses, cost) << comparisons(reasons) << paragraphs;
  if (misses == 0) out << "\nEvery step that was reached came from the cache.\n";
}

llvm::Expected<int> why(const WhyOptions& options, Session& session, const Arguments& arguments) {
  auto build = findBuild(arguments.empty() ? "last" : arguments[0], session);
  if (!build) return build.takeError();
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto trees = session.trees();
  if (!trees) return trees.takeError();
  auto reasons = analyzer::reasonsFor(*build, **journal, **trees);
  if (!reasons) return reasons.takeError();
  if (!options.json) {
    printReasons(*build, *reasons, session.out());
    return 0;
  }
  for (const analyzer::StepReason& reason : *reasons) session.out() << printJson(toJson(reason, *build)) << "\n";
  return 0;
}

}  // namespace

Command whyCommand() {
  return {.name = "why",
          .usage = "[OPTIONS] [BUILD|IMAGE]",
          .description = "Say which input made each step miss the cache (of the last build, if none is named)",
          .minimum = 0,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<WhyOptions>();
            declared.flag("--json", options->json, "One JSON object a step");
            return
                [options](Session& session, const Arguments& arguments) { return why(*options, session, arguments); };
          }};
}

}  // namespace strata::cli
