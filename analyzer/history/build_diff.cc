#include "analyzer/history/build_diff.h"

#include "analyzer/causes/invalidation.h"
#include "analyzer/causes/step_comparison.h"
#include "analyzer/causes/step_match.h"
#include "support/duration_text.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>

#include <algorithm>
#include <map>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;

constexpr int64_t kSecond = 1'000'000'000;

/// As `why` tells it of two builds in a row.
llvm::Error compare(const Build& before, const Build& after, std::vector<StepPair>& pairs, builder::TreeStore& trees) {
  StepComparison comparison(after, trees);
  std::vector<std::vector<Cause>> causes;
  for (StepPair& pair : pairs) {
    pair.comparable = !pair.before || (pair.before->hasKey() && pair.after->hasKey());
    bool isCompared = pair.before && pair.comparable;
    auto differences =
        isCompared ? comparison.differencesFrom({&before, pair.before}, *pair.after) : std::vector<Cause>();
    if (!differences) return differences.takeError();
    causes.push_back(std::move(*differences));
  }
  comparison.settle(causes);
  for (auto [pair, ofStep] : llvm::zip(pairs, causes)) pair.differences = std::move(ofStep);
  return llvm::Error::success();
}

/// Steps that went, each behind the step that stood before it.
void insertGone(const Build& before, std::vector<StepPair>& pairs) {
  for (size_t i = 0; i < before.steps.size(); ++i) {
    const BuildStep* step = &before.steps[i];
    if (llvm::any_of(pairs, [&](const StepPair& pair) { return pair.before == step; })) continue;
    auto place = pairs.begin();
    if (i > 0) place = std::next(llvm::find_if(pairs, [&](auto& pair) { return pair.before == &before.steps[i - 1]; }));
    pairs.insert(place, {.before = step});
  }
}

std::string timesText(const StepPair& pair) {
  auto text = [](const BuildStep& step) {
    return step.outcome == BuildStep::Outcome::Hit ? "cached" : durationText(step.duration);
  };
  std::string before = pair.before ? text(*pair.before) : "", after = pair.after ? text(*pair.after) : "";
  if (before.empty() || after.empty() || before == after) return before.empty() ? after : before;
  return before + " -> " + after;
}

std::string differenceText(const StepPair& pair, const Build& after) {
  if (!pair.before) return "came";
  if (!pair.after) return "went";
  if (!pair.comparable) return "not reached in one of the two";
  std::vector<std::string> texts;
  for (const Cause& cause : pair.differences) texts.push_back(summaryOf(cause, after));
  return texts.empty() ? "same inputs" : llvm::join(texts, "; ");
}

llvm::json::Value sideJson(const BuildStep* step) {
  if (!step) return nullptr;
  return llvm::json::Object{{"step", step->index},
                            {"name", llvm::json::fixUTF8(step->name)},
                            {"outcome", nameOf(step->outcome)},
                            {"nanoseconds", step->duration},
                            {"layerBytes", int64_t(step->layerBytes)}};
}

}  // namespace

llvm::Expected<BuildDiff> diffBuilds(const Build& before, const Build& after, builder::TreeStore& trees) {
  BuildDiff diff{.before = &before, .after = &after};
  std::vector<const BuildStep*> matches = matchSteps(after, before);
  for (auto [step, match] : llvm::zip(after.steps, matches)) diff.steps.push_back({.before = match, .after = &step});
  if (auto error = compare(before, after, diff.steps, trees)) return error;
  insertGone(before, diff.steps);
  return diff;
}

std::string printBuildDiff(const BuildDiff& diff) {
  const Build &before = *diff.before, &after = *diff.after;
  auto line = [](const Build& build) {
    return llvm::formatv("{0}  {1}  {2}, {3} of {4} steps cached, {5}\n", build.id,
                         rfc3339(build.started - build.started % kSecond), build.succeeded ? "completed" : "failed",
                         build.hitCount, build.stepCount, durationText(build.duration))
        .str();
  };
  std::string text = "- " + line(before) + "+ " + line(after);
  auto say = [&](llvm::StringRef what, llvm::StringRef old, llvm::StringRef now) {
    if (old != now) text += (what + ": " + printable(old) + " -> " + printable(now) + "\n").str();
  };
  say("context", before.context, after.context);
  say("Dockerfile", before.dockerfile, after.dockerfile);
  say("target", before.target, after.target);
  say("image", before.image ? before.image.shortHex() : "none", after.image ? after.image.shortHex() : "none");
  std::vector<std::vector<std::string>> rows{{"-", "+", "TIME", "STEP", "DIFFERENCE"}};
  for (const StepPair& pair : diff.steps)
    rows.push_back({pair.before ? std::to_string(pair.before->index + 1) : "",
                    pair.after ? std::to_string(pair.after->index + 1) : "", timesText(pair),
                    shortNameOf(pair.after ? *pair.after : *pair.before), differenceText(pair, after)});
  return text + "\n" + table(rows);
}

llvm::json::Value toJson(const BuildDiff& diff) {
  auto headJson = [](const Build& build) {
    return llvm::json::Object{{"id", build.id},
                              {"started", rfc3339(build.started)},
                              {"nanoseconds", build.duration},
                              {"succeeded", build.succeeded},
                              {"steps", build.stepCount},
                              {"cached", build.hitCount},
                              {"image", build.image ? build.image.str() : ""}};
  };
  llvm::json::Array steps;
  for (const StepPair& pair : diff.steps) {
    llvm::json::Array differences;
    for (const Cause& cause : pair.differences) differences.push_back(toJson(cause));
    steps.push_back(llvm::json::Object{{"before", sideJson(pair.before)},
                                       {"after", sideJson(pair.after)},
                                       {"comparable", pair.comparable},
                                       {"differences", std::move(differences)}});
  }
  return llvm::json::Object{
      {"schema", 1}, {"before", headJson(*diff.before)}, {"after", headJson(*diff.after)}, {"steps", std::move(steps)}};
}

}  // namespace strata::analyzer
