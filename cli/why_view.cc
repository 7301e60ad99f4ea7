#include "cli/why_view.h"

#include "analyzer/causes/step_match.h"
#include "cli/image_lookup.h"
#include "support/duration_text.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>

#include <set>

namespace strata::cli {

namespace {

using analyzer::StepReason;
using builder::Build;
using builder::BuildStep;
using Outcome = BuildStep::Outcome;

bool isMiss(const BuildStep& step) { return step.miss != BuildStep::Miss::None && step.outcome != Outcome::Hit; }

/// The builds of shared caches that steps of one built here were compared with.
std::string comparisons(const Build& build, llvm::ArrayRef<StepReason> reasons) {
  std::set<std::string> lines;
  for (const StepReason& reason : reasons)
    if (!reason.comparedCache.empty() && reason.comparedCache != build.origin && !reason.causes.empty())
      lines.insert("compared with build " + reason.comparedWith + " of the cache " + printable(reason.comparedCache) +
                   "\n");
  return llvm::join(lines, "");
}

std::string whyText(const BuildStep& step, const StepReason& reason, const Build& build) {
  switch (step.outcome) {
    case Outcome::Hit:
      return "cached";
    case Outcome::Skipped:
      return "not reached";
    case Outcome::Cancelled:
      return "stopped";
    case Outcome::Failed:
    case Outcome::Executed:
      break;
  }
  std::string text = summaryOf(reason, build);
  if (step.outcome == Outcome::Executed) return text;
  return text.empty() ? "failed" : "failed; it ran because: " + text;
}

}  // namespace

llvm::Expected<Build> findBuild(llvm::StringRef which, Session& session) {
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto build = (*journal)->load(which);
  if (build) return build;
  llvm::Error error = build.takeError();
  if (which == "last" || kindOf(error) != FaultKind::NotFound) return error;
  llvm::consumeError(std::move(error));
  auto store = session.store();
  if (!store) return store.takeError();
  auto image = findImage((*store)->images(), which);
  if (!image) {
    llvm::Error absent = image.takeError();
    if (kindOf(absent) == FaultKind::Invalid) return absent;
    llvm::consumeError(std::move(absent));
    return fault(FaultKind::NotFound, "No such build or image: " + which + " (strata builds ls lists builds)");
  }
  auto last = (*journal)->findByImage(image->id);
  if (!last) return last.takeError();
  if (!*last) return fault(FaultKind::NotFound, "image " + which + " was not built here");
  return std::move(**last);
}

llvm::Expected<ExplainedBuild> explain(Build build, Session& session) {
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto trees = session.trees();
  if (!trees) return trees.takeError();
  auto reasons = analyzer::reasonsFor(build, **journal, **trees);
  if (!reasons) return reasons.takeError();
  return ExplainedBuild{std::move(build), std::move(*reasons)};
}

void hideSecrets(ExplainedBuild& explained) { hideSecrets(explained, analyzer::Redactor(explained)); }

void hideSecrets(ExplainedBuild& explained, const analyzer::Redactor& redactor) {
  redactor.apply(explained.build);
  for (StepReason& reason : explained.reasons) redactor.apply(reason);
}

llvm::Expected<std::vector<ExplainedBuild>> explainLast(llvm::StringRef which, size_t count, Session& session) {
  auto newest = findBuild(which, session);
  if (!newest) return newest.takeError();
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto earlier = (*journal)->earlierBuilds(*newest, count - 1);
  if (!earlier) return earlier.takeError();
  llvm::erase_if(*earlier, [&](const Build& build) { return build.origin != newest->origin; });
  std::vector<ExplainedBuild> explained;
  earlier->insert(earlier->begin(), std::move(*newest));
  for (Build& build : *earlier) {
    auto one = explain(std::move(build), session);
    if (!one) return one.takeError();
    explained.push_back(std::move(*one));
  }
  return explained;
}

size_t missesOf(const ExplainedBuild& explained) { return size_t(llvm::count_if(explained.build.steps, isMiss)); }

std::string headlineOf(const ExplainedBuild& explained) {
  const Build& build = explained.build;
  int64_t cost = 0;
  for (const StepReason& reason : explained.reasons) cost += reason.cost;
  std::string text =
      llvm::formatv("Build {0} of {1} ({2}), {3}{4}: {5} of {6} steps not cached, {7}\n", build.id,
                    printable(build.context), printable(build.dockerfile), agoText(build.started),
                    build.succeeded ? "" : ", failed", missesOf(explained), build.steps.size(), durationText(cost));
  return text + comparisons(build, explained.reasons);
}

std::string stepTable(const ExplainedBuild& explained) {
  std::vector<std::vector<std::string>> rows{{"#", "LINE", "TIME", "STEP", "WHY"}};
  for (auto [step, reason] : llvm::zip(explained.build.steps, explained.reasons))
    rows.push_back({std::to_string(step.index + 1), step.firstLine == 0 ? "" : std::to_string(step.firstLine),
                    isMiss(step) ? durationText(step.duration) : "", analyzer::shortNameOf(step),
                    whyText(step, reason, explained.build)});
  return table(rows);
}

std::string paragraphOf(const ExplainedBuild& explained, size_t position) {
  const BuildStep& step = explained.build.steps[position];
  const StepReason& reason = explained.reasons[position];
  std::string text = llvm::formatv("step {0}  {1}  ", step.index + 1, printable(step.name));
  bool hit = step.outcome == Outcome::Hit;
  text += hit ? "cached" : durationText(step.duration);
  if (!hit && step.outcome != Outcome::Executed) text += ("  " + nameOf(step.outcome)).str();
  if (step.firstLine != 0) text += llvm::formatv("  (line {0})", step.firstLine).str();
  text += "\n";
  if (hit && step.recordedDuration > 0)
    text += "  it took " + durationText(step.recordedDuration) + " when it was executed\n";
  if (step.outcome == Outcome::Skipped) text += "  not reached: a step before it failed\n";
  text += detailsOf(reason, explained.build);
  if (!reason.comparedWith.empty() && !reason.causes.empty())
    text +=
        "  compared with step " + std::to_string(reason.comparedStep + 1) + " of build " + reason.comparedWith + "\n";
  if (!step.error.empty()) text += "  error: " + printable(step.error) + "\n";
  return text;
}

std::string printDiffs(llvm::ArrayRef<analyzer::ContentDiff> diffs) {
  std::string text;
  for (const analyzer::ContentDiff& diff : diffs) {
    if (diff.text.empty()) {
      text += "  " + printable(diff.path) + ": no difference can be shown: " + diff.whyNot + "\n";
      continue;
    }
    llvm::SmallVector<llvm::StringRef> lines;
    llvm::StringRef(diff.text).split(lines, '\n');
    if (lines.back().empty()) lines.pop_back();
    for (llvm::StringRef line : lines) text += printable(line) + "\n";
  }
  return text;
}

int assertCached(const ExplainedBuild& explained, llvm::raw_ostream& out) {
  size_t misses = missesOf(explained);
  if (misses == 0 && explained.build.succeeded) return 0;
  out << "not everything was cached (--assert-cached):\n" << headlineOf(explained);
  for (size_t i = 0; i < explained.build.steps.size(); ++i)
    if (isMiss(explained.build.steps[i])) out << "\n" << paragraphOf(explained, i);
  return kNotCached;
}

}  // namespace strata::cli
