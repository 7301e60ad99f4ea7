#include "analyzer/causes/invalidation.h"

#include "analyzer/causes/earlier_builds.h"
#include "analyzer/causes/key_diff.h"
#include "analyzer/causes/step_match.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/STLExtras.h>

#include <set>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;
using builder::KeyComponent;
using builder::TreeChange;

/// All causes of one build's steps, against the nearest earlier record of each.
class Comparison {
public:
  Comparison(const Build& build, const EarlierBuilds& earlier, builder::TreeStore& trees)
      : build_(build), earlier_(earlier), trees_(trees) {
    for (size_t i = 0; i < build_.steps.size(); ++i) positions_[build_.steps[i].index] = i;
  }

  llvm::Expected<std::vector<StepReason>> run() {
    for (size_t i = 0; i < build_.steps.size(); ++i) {
      auto causes = causesOf(build_.steps[i], earlier_.nearest(i));
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
  /// Also asked for hits, whose state may still differ from the one that a later step was compared with.
  llvm::Expected<std::vector<Cause>> causesOf(const BuildStep& step, const EarlierStep& earlier) {
    if (auto known = knownCause(step)) return std::vector<Cause>{std::move(*known)};
    if (!step.hasKey()) return std::vector<Cause>{};
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

  static std::string whyNoRecord(const EarlierStep& earlier) {
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
    EarlierStep earlier = earlier_.nearest(position);
    if (!earlier.build) return reason;
    reason.comparedWith = earlier.build->id;
    reason.comparedCache = earlier.build->origin;
    reason.comparedStep = earlier.step->index;
    reason.comparedLayer = earlier.build->origin.empty() ? earlier.step->layer : 0;
    reason.neverHere = !earlier_.wasHere(position);
    return reason;
  }

  const Build& build_;
  const EarlierBuilds& earlier_;
  builder::TreeStore& trees_;
  llvm::DenseMap<uint32_t, size_t> positions_;  ///< of a step's index
  std::vector<std::vector<Cause>> causes_;      ///< a step each
};

}  // namespace

llvm::Expected<std::vector<StepReason>> reasonsFor(const Build& build, builder::Journal& journal,
                                                   builder::TreeStore& trees) {
  EarlierBuilds earlier(build, journal);
  if (auto error = earlier.gather()) return error;
  return Comparison(build, earlier, trees).run();
}

}  // namespace strata::analyzer
