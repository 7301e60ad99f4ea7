#include "analyzer/causes/invalidation.h"

#include "analyzer/causes/earlier_builds.h"
#include "analyzer/causes/key_diff.h"
#include "analyzer/causes/step_comparison.h"

#include <llvm/ADT/STLExtras.h>

#include <set>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;
using builder::KeyComponent;
using builder::TreeChange;

/// All causes of one build's steps, against the nearest earlier record of each.
class BuildComparison {
public:
  BuildComparison(const Build& build, const EarlierBuilds& earlier, builder::TreeStore& trees)
      : build_(build), earlier_(earlier), trees_(trees), comparison_(build, trees) {}

  llvm::Expected<std::vector<StepReason>> run() {
    for (size_t i = 0; i < build_.steps.size(); ++i) {
      auto causes = causesOf(build_.steps[i], earlier_.nearest(i));
      if (!causes) return causes.takeError();
      causes_.push_back(std::move(*causes));
    }
    comparison_.settle(causes_);
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
    auto causes = comparison_.differencesFrom(earlier, step);
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
        const BuildStep* above = component.step ? comparison_.findStep(*component.step) : nullptr;
        size_t position = above ? size_t(above - build_.steps.data()) : 0;
        if (!above || !seen.insert(position).second) continue;
        if (above->outcome == BuildStep::Outcome::Hit) open.push_back(above);
        if (!above->unchanged) continue;
        ++reasons[position].savedSteps;
        reasons[position].saved += hit.recordedDuration;
      }
    }
  }

  StepReason reasonFor(size_t position) const {
    const BuildStep& step = build_.steps[position];
    StepReason reason;
    reason.step = step.index;
    reason.hit = step.outcome == BuildStep::Outcome::Hit;
    if (reason.hit || step.miss == BuildStep::Miss::None) return reason;  // it was never looked up
    reason.causes = causes_[position];
    reason.cost = step.duration;
    EarlierStep earlier = earlier_.nearest(position);
    if (!earlier.build) return reason;
    reason.comparedWith = earlier.build->id;
    reason.comparedCache = earlier.build->origin;
    reason.comparedStep = earlier.step->index;
    if (earlier.build->origin.empty()) {
      reason.comparedLayer = earlier.step->layer;
      reason.comparedMounts = earlier.step->mountLayers;
    }
    reason.neverHere = build_.origin.empty() && !earlier_.wasHere(position);
    return reason;
  }

  const Build& build_;
  const EarlierBuilds& earlier_;
  builder::TreeStore& trees_;
  StepComparison comparison_;
  std::vector<std::vector<Cause>> causes_;  ///< a step each
};

}  // namespace

llvm::Expected<std::vector<StepReason>> reasonsFor(const Build& build, builder::Journal& journal,
                                                   builder::TreeStore& trees) {
  EarlierBuilds earlier(build, journal);
  if (auto error = earlier.gather()) return error;
  return BuildComparison(build, earlier, trees).run();
}

}  // namespace strata::analyzer
