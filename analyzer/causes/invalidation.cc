#include "analyzer/causes/invalidation.h"

#include "analyzer/causes/key_diff.h"
#include "analyzer/causes/step_match.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/STLExtras.h>

#include <deque>
#include <set>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;
using builder::KeyComponent;
using builder::TreeChange;

/// How far back a step is looked for: a project whose last twenty builds all lacked it has forgotten it.
constexpr size_t kEarlierBuilds = 20;

/// Earlier builds of the project, newest first, from the `skip`th on.
using LoadEarlier = llvm::function_ref<llvm::Expected<std::vector<Build>>(size_t count, size_t skip)>;

/// The same step as it was before.
struct Earlier {
  const Build* build = nullptr;
  const BuildStep* step = nullptr;
};

/// All causes of one build's steps, against the nearest earlier record of each.
class Comparison {
public:
  Comparison(const Build& build, builder::TreeStore& trees) : build_(build), trees_(trees) {
    for (size_t i = 0; i < build_.steps.size(); ++i) positions_[build_.steps[i].index] = i;
  }

  /// As many builds as are needed for every step to be found in one: mostly that is the last one.
  llvm::Error gather(LoadEarlier load) {
    while (earlierBuilds_.size() < kEarlierBuilds && isWanting()) {
      size_t count = earlierBuilds_.empty() ? 1 : kEarlierBuilds - earlierBuilds_.size();
      auto builds = load(std::min(count, 1 + 2 * earlierBuilds_.size()), earlierBuilds_.size());
      if (!builds) return builds.takeError();
      if (builds->empty()) break;
      for (Build& build : *builds) {
        earlierBuilds_.push_back(std::move(build));
        matches_.push_back(matchSteps(build_, earlierBuilds_.back()));
      }
    }
    return llvm::Error::success();
  }

  llvm::Expected<std::vector<StepReason>> run() {
    for (size_t i = 0; i < build_.steps.size(); ++i) {
      auto causes = causesOf(build_.steps[i], nearest(i));
      if (!causes) return causes.takeError();
      causes_.push_back(std::move(*causes));
    }
    takeBasesOver();
    std::vector<StepReason> reasons;
    for (size_t i = 0; i < build_.steps.size(); ++i) {
      reasons.push_back(reasonFor(i));
      if (auto error = compareOutput(build_.steps[i], reasons.back())) return error;
    }
    for (const BuildStep& step : build_.steps)
      if (step.outcome == BuildStep::Outcome::Hit && step.instruction == "run") creditFor(step, reasons);
    return reasons;
  }

private:
  /// The newest earlier build in which this step had a key.
  Earlier nearest(size_t position, bool here = false) const {
    for (auto [build, matches] : llvm::zip(earlierBuilds_, matches_)) {
      if (here && !build.origin.empty()) continue;
      if (const BuildStep* step = matches[position]; step && hasKey(*step)) return {&build, step};
    }
    return {};
  }

  /// Whether a step that has a key was not found yet, or only in a build of another machine.
  bool isWanting() const {
    for (size_t i = 0; i < build_.steps.size(); ++i)
      if (hasKey(build_.steps[i]) && !nearest(i, /*here=*/true).step) return true;
    return false;
  }

  /// Also asked for hits, whose state may still differ from the one that a later step was compared with.
  llvm::Expected<std::vector<Cause>> causesOf(const BuildStep& step, const Earlier& earlier) {
    if (auto known = knownCause(step)) return std::vector<Cause>{std::move(*known)};
    if (!hasKey(step)) return std::vector<Cause>{};
    if (!earlier.step) return std::vector<Cause>{{.kind = Cause::Kind::FirstBuild}};
    auto causes = differencesBetween(*earlier.step, step, trees_);
    if (!causes || !causes->empty()) return causes;
    if (step.miss == BuildStep::Miss::None) return std::vector<Cause>{};
    return std::vector<Cause>{{.kind = Cause::Kind::Unknown, .name = whyNoRecord(earlier)}};
  }

  /// What the build itself wrote down.
  static std::optional<Cause> knownCause(const BuildStep& step) {
    switch (step.miss) {
      case BuildStep::Miss::NoCache:
        return Cause{.kind = Cause::Kind::NoCache, .name = "--no-cache"};
      case BuildStep::Miss::NoCacheStage:
        return Cause{.kind = Cause::Kind::NoCache, .name = "--no-cache-filter"};
      case BuildStep::Miss::LayerGone:
        return Cause{.kind = Cause::Kind::LayerGone, .name = step.missReason, .at = step.recordRemoved};
      case BuildStep::Miss::RecordPruned:
        return Cause{.kind = Cause::Kind::RecordPruned, .name = step.missReason, .at = step.recordRemoved};
      case BuildStep::Miss::Damaged:
        return Cause{.kind = Cause::Kind::Damaged, .name = step.missReason, .at = step.recordRemoved};
      case BuildStep::Miss::None:
      case BuildStep::Miss::NoRecord:
        break;
    }
    return std::nullopt;
  }

  static std::string whyNoRecord(const Earlier& earlier) {
    switch (earlier.step->outcome) {
      case BuildStep::Outcome::Failed:
        return "nothing in its key changed; it failed in build " + earlier.build->id;
      case BuildStep::Outcome::Cancelled:
        return "nothing in its key changed; it was stopped in build " + earlier.build->id;
      case BuildStep::Outcome::Skipped:
        return "nothing in its key changed; it was not reached in build " + earlier.build->id;
      default:
        return "nothing in its key changed since build " + earlier.build->id +
               ", and what became of its cache record is not known";
    }
  }

  llvm::Error compareOutput(const BuildStep& step, StepReason& reason) {
    reason.unchanged = step.unchanged;
    if (!step.output || !step.earlierOutput) return llvm::Error::success();
    auto changes = changesBetween(trees_, step.earlierOutput, step.output);
    if (!changes) return changes.takeError();
    if (*changes) reason.outputChanges = std::move(**changes);
    return llvm::Error::success();
  }

  /// A RUN came from the cache although steps above it ran: those that left the same files as before are to thank.
  /// (What is copied is compared by its content and is cached in any case.)
  void creditFor(const BuildStep& hit, std::vector<StepReason>& reasons) const {
    std::set<size_t> seen;
    std::vector<const BuildStep*> open{&hit};
    while (!open.empty()) {
      const BuildStep& step = *open.back();
      open.pop_back();
      for (const KeyComponent& component : step.components) {
        auto position = component.step ? positions_.find(*component.step) : positions_.end();
        if (position == positions_.end() || !seen.insert(position->second).second) continue;
        const BuildStep& above = build_.steps[position->second];
        if (above.outcome == BuildStep::Outcome::Hit) open.push_back(&above);
        if (!above.unchanged) continue;
        ++reasons[position->second].savedSteps;
        reasons[position->second].saved += hit.recordedDuration;
      }
    }
  }

  /// A step that nothing but its base moved says so itself; the FROM is where it began.
  void takeBasesOver() {
    for (std::vector<Cause>& causes : causes_)
      for (Cause& cause : causes) {
        if (cause.kind != Cause::Kind::ParentRebuilt || !cause.rootCause) continue;
        std::optional<uint32_t> from = baseBehind(*cause.rootCause);
        if (!from) continue;
        cause = *movedBase(positions_.find(*from)->second);
        cause.rootCause = from;
      }
  }

  const Cause* movedBase(size_t position) const {
    auto moved = llvm::find_if(causes_[position], [](auto& c) { return c.kind == Cause::Kind::BaseMoved; });
    return moved == causes_[position].end() ? nullptr : &*moved;
  }

  /// The FROM that this step's state goes back to, with nothing rebuilt between the two.
  std::optional<uint32_t> baseBehind(uint32_t step) const {
    for (size_t hops = 0; hops <= build_.steps.size(); ++hops) {
      auto position = positions_.find(step);
      if (position == positions_.end()) return std::nullopt;
      const BuildStep& parent = build_.steps[position->second];
      if (parent.instruction == "from") return movedBase(position->second) ? std::optional(step) : std::nullopt;
      const std::vector<Cause>& causes = causes_[position->second];
      bool passedOn = parent.outcome == BuildStep::Outcome::Hit && !causes.empty() && causes.front().rootCause;
      if (!passedOn) return std::nullopt;
      step = *causes.front().rootCause;
    }
    return std::nullopt;
  }

  /// From a step to the one where it began: up the parents until one has a cause of its own.
  uint32_t rootOf(uint32_t step) const {
    for (size_t hops = 0; hops <= build_.steps.size(); ++hops) {
      auto position = positions_.find(step);
      if (position == positions_.end()) return step;
      const std::vector<Cause>& causes = causes_[position->second];
      if (causes.empty() || !causes.front().rootCause || *causes.front().rootCause == step) return step;
      step = *causes.front().rootCause;
    }
    return step;
  }

  StepReason reasonFor(size_t position) const {
    const BuildStep& step = build_.steps[position];
    StepReason reason;
    reason.step = step.index;
    reason.hit = step.outcome == BuildStep::Outcome::Hit;
    if (reason.hit || step.miss == BuildStep::Miss::None) return reason;  // it was never looked up
    reason.causes = causes_[position];
    for (Cause& cause : reason.causes)
      if (cause.rootCause) cause.rootCause = rootOf(*cause.rootCause);
    reason.cost = step.duration;
    Earlier earlier = nearest(position);
    if (!earlier.build) return reason;
    reason.comparedWith = earlier.build->id;
    reason.comparedCache = earlier.build->origin;
    reason.comparedStep = earlier.step->index;
    reason.comparedLayer = earlier.build->origin.empty() ? earlier.step->layer : 0;
    reason.neverHere = !nearest(position, /*here=*/true).step;
    return reason;
  }

  const Build& build_;
  std::deque<Build> earlierBuilds_;  ///< newest first
  builder::TreeStore& trees_;
  std::vector<std::vector<const BuildStep*>> matches_;  ///< an earlier build each
  llvm::DenseMap<uint32_t, size_t> positions_;          ///< of a step's index
  std::vector<std::vector<Cause>> causes_;              ///< a step each
};

}  // namespace

llvm::Expected<std::vector<StepReason>> reasonsFor(const Build& build, builder::Journal& journal,
                                                   builder::TreeStore& trees) {
  Comparison comparison(build, trees);
  auto error = comparison.gather([&](size_t count, size_t skip) { return journal.earlierBuilds(build, count, skip); });
  if (error) return error;
  return comparison.run();
}

llvm::Expected<std::vector<StepReason>> reasonsFor(const Build& build, llvm::ArrayRef<Build> earlier,
                                                   builder::TreeStore& trees) {
  Comparison comparison(build, trees);
  auto error = comparison.gather([&](size_t count, size_t skip) -> llvm::Expected<std::vector<Build>> {
    auto rest = earlier.drop_front(std::min(skip, earlier.size()));
    return rest.take_front(count).vec();
  });
  if (error) return error;
  return comparison.run();
}

}  // namespace strata::analyzer
