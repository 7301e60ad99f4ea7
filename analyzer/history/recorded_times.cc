#include "analyzer/history/recorded_times.h"

#include "analyzer/causes/step_match.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

namespace {
using builder::Build;
using builder::BuildStep;
using RecordedTimes = std::vector<std::optional<int64_t>>;

constexpr size_t kMostTimedBuilds = 20;  ///< as far back as `why` looks
constexpr size_t kMostTimedTargets = 5;

std::optional<int64_t> timeOf(const BuildStep& step) {
  if (step.outcome == BuildStep::Outcome::Executed) return step.duration;
  if (step.outcome == BuildStep::Outcome::Hit && step.recordedDuration > 0) return step.recordedDuration;
  return std::nullopt;
}

/// Whether there is a time of every step but those that take none: bases.
bool isWhole(const Build& planned, const RecordedTimes& times) {
  for (auto [step, time] : llvm::zip(planned.steps, times))
    if (!time && step.instruction != "from") return false;
  return true;
}

enum class Target { Same, Other };
/// A stage of another target's build is the same one only by its name.
void addTimes(const Build& planned, const Build& earlier, Target target, RecordedTimes& times) {
  for (auto [step, match, time] : llvm::zip(planned.steps, matchSteps(planned, earlier), times))
    if (match && !time && (target == Target::Same || match->stage == step.stage)) time = timeOf(*match);
}

llvm::Error addOtherTargets(const Build& planned, builder::Journal& journal, RecordedTimes& times) {
  auto others = journal.outlinesOfOtherTargets(planned, kMostTimedTargets);
  if (!others) return others.takeError();
  for (const builder::EarlierBuild& other : *others) {
    auto build = journal.load(other.id);
    llvm::Error error = build ? llvm::Error::success() : build.takeError();
    if (takeIf(error, FaultKind::NotFound)) continue;  // damaged, or removed meanwhile
    if (error) return error;
    addTimes(planned, *build, Target::Other, times);
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<std::vector<std::optional<int64_t>>> recordedTimes(const Build& planned, builder::Journal& journal) {
  RecordedTimes times(planned.steps.size());
  size_t limit = 1;  // mostly the last build knows all
  for (size_t seen = 0; seen < kMostTimedBuilds && !isWhole(planned, times); limit = kMostTimedBuilds - seen) {
    auto builds = journal.earlierBuilds(planned, limit, seen);
    if (!builds) return builds.takeError();
    if (builds->empty()) break;
    for (const Build& build : *builds) addTimes(planned, build, Target::Same, times);
    seen += builds->size();
  }
  if (!isWhole(planned, times))
    if (auto error = addOtherTargets(planned, journal, times)) return error;
  return times;
}

}  // namespace strata::analyzer
