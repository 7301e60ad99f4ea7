#include "analyzer/causes/step_comparison.h"

#include "analyzer/causes/key_diff.h"
#include "analyzer/secrets/hidden_values.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

using builder::Build;
using builder::BuildStep;
using builder::KeyComponent;

StepComparison::StepComparison(const Build& build, builder::TreeStore& trees) : build_(build), trees_(trees) {
  for (size_t i = 0; i < build.steps.size(); ++i) positions_[build.steps[i].index] = i;
}

const BuildStep* StepComparison::findStep(uint32_t index) const {
  auto position = positions_.find(index);
  return position == positions_.end() ? nullptr : &build_.steps[position->second];
}

llvm::Expected<std::vector<Cause>> StepComparison::differencesFrom(const EarlierStep& earlier, const BuildStep& step) {
  if (build_.origin.empty() && earlier.build->origin.empty()) return differencesBetween(*earlier.step, step, trees_);
  auto marked = [&](const Build& build, const BuildStep& one) -> const BuildStep& {
    auto known = marked_.find(&build);
    if (known == marked_.end()) known = marked_.emplace(&build, withMarks(build)).first;
    return known->second.steps[size_t(&one - build.steps.data())];
  };
  return differencesBetween(marked(*earlier.build, *earlier.step), marked(build_, step), trees_);
}

void StepComparison::settle(Causes& causes) const {
  takeBasesOver(causes);
  const Causes raw = causes;
  for (std::vector<Cause>& ofStep : causes)
    for (Cause& cause : ofStep) {
      if (!cause.rootCause) continue;
      if (cause.kind == Cause::Kind::Files) cause.source = sourceOf(*cause.rootCause);
      cause.rootCause = rootOf(raw, *cause.rootCause);
    }
}

/// The FROM is where it began.
void StepComparison::takeBasesOver(Causes& causes) const {
  for (std::vector<Cause>& ofStep : causes)
    for (Cause& cause : ofStep) {
      if (cause.kind != Cause::Kind::ParentRebuilt || !cause.rootCause) continue;
      std::optional<uint32_t> from = baseBehind(causes, *cause.rootCause);
      if (!from) continue;
      cause = *movedBase(causes, positions_.find(*from)->second);
      cause.rootCause = from;
    }
}

const Cause* StepComparison::movedBase(const Causes& causes, size_t position) const {
  auto moved = llvm::find_if(causes[position], [](auto& c) { return c.kind == Cause::Kind::BaseMoved; });
  return moved == causes[position].end() ? nullptr : &*moved;
}

/// The FROM that this step's state goes back to, with nothing rebuilt between the two.
std::optional<uint32_t> StepComparison::baseBehind(const Causes& causes, uint32_t step) const {
  for (size_t hops = 0; hops <= build_.steps.size(); ++hops) {
    auto position = positions_.find(step);
    if (position == positions_.end()) return std::nullopt;
    const BuildStep& parent = build_.steps[position->second];
    if (parent.instruction == "from") return movedBase(causes, position->second) ? std::optional(step) : std::nullopt;
    const std::vector<Cause>& ofParent = causes[position->second];
    bool passedOn = parent.outcome == BuildStep::Outcome::Hit && !ofParent.empty() && ofParent.front().rootCause;
    if (!passedOn) return std::nullopt;
    step = *ofParent.front().rootCause;
  }
  return std::nullopt;
}

/// From a step to the one where it began: up the parents until one has a cause of its own.
uint32_t StepComparison::rootOf(const Causes& causes, uint32_t step) const {
  for (size_t hops = 0; hops <= build_.steps.size(); ++hops) {
    auto position = positions_.find(step);
    if (position == positions_.end()) return step;
    const std::vector<Cause>& ofStep = causes[position->second];
    if (ofStep.empty() || !ofStep.front().rootCause || *ofStep.front().rootCause == step) return step;
    step = *ofStep.front().rootCause;
  }
  return step;
}

/// Of the end of a stage the last step that ran and left other files than before; with none the end itself.
uint32_t StepComparison::sourceOf(uint32_t end) const {
  std::optional<uint32_t> at = end;
  for (size_t hops = 0; at && hops <= build_.steps.size(); ++hops) {
    const BuildStep* step = findStep(*at);
    if (!step) break;
    if (step->outcome == BuildStep::Outcome::Executed && !step->unchanged) return *at;
    auto parent = llvm::find_if(step->components, [](auto& one) { return one.kind == KeyComponent::Kind::Parent; });
    at = parent == step->components.end() ? std::nullopt : parent->step;
  }
  return end;
}

}  // namespace strata::analyzer
