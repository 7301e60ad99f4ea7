#include "analyzer/causes/invalidation.h"

#include "analyzer/causes/step_match.h"
#include "support/fault.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/STLExtras.h>

#include <algorithm>
#include <map>
#include <set>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;
using builder::KeyComponent;
using builder::TreeChange;

/// How far back a step is looked for: a project whose last twenty builds all lacked it has forgotten it.
constexpr size_t kEarlierBuilds = 20;

/// The same step as it was before.
struct Earlier {
  const Build* build = nullptr;
  const BuildStep* step = nullptr;
};

/// A question that two keys answer: kind, name, and the how-manieth of this kind and name.
using Question = std::tuple<KeyComponent::Kind, std::string, unsigned>;
using Answers = std::map<Question, const KeyComponent*>;

Answers answersOf(const BuildStep& step) {
  Answers answers;
  std::map<std::pair<KeyComponent::Kind, std::string>, unsigned> seen;
  for (const KeyComponent& component : step.components)
    answers[{component.kind, component.name, seen[{component.kind, component.name}]++}] = &component;
  return answers;
}

bool sameAnswer(const KeyComponent& a, const KeyComponent& b) { return a.value == b.value && a.tree == b.tree; }

Cause::Kind causeOf(const KeyComponent& component) {
  switch (component.kind) {
    case KeyComponent::Kind::Instruction:
      return Cause::Kind::Instruction;
    case KeyComponent::Kind::Parent:
      return component.step ? Cause::Kind::ParentRebuilt : Cause::Kind::BaseMoved;
    case KeyComponent::Kind::Base:
      return Cause::Kind::BaseMoved;
    case KeyComponent::Kind::Arg:
      return Cause::Kind::Argument;
    case KeyComponent::Kind::Env:
      return Cause::Kind::Environment;
    case KeyComponent::Kind::Files:
      return Cause::Kind::Files;
    case KeyComponent::Kind::Destination:
      return Cause::Kind::Destination;
    default:
      return Cause::Kind::Option;
  }
}

/// "user", "mount /root/.cache".
std::string nameOfCause(const KeyComponent& component, Cause::Kind kind) {
  if (kind != Cause::Kind::Option || component.kind == KeyComponent::Kind::Option) return component.name;
  std::string name = nameOf(component.kind).str();
  return component.name.empty() || component.name == name ? name : name + " " + component.name;
}

/// Whether this step was ever begun, so that its components are all there (a skipped one has only what the line says).
bool hasKey(const BuildStep& step) {
  using Outcome = BuildStep::Outcome;
  bool begun = step.outcome == Outcome::Hit || step.outcome == Outcome::Executed || step.outcome == Outcome::Failed;
  return begun && !step.components.empty();
}

/// Parts that only become known while a step runs: one that failed says nothing by lacking them.
bool foundOut(const KeyComponent& component) {
  return component.kind == KeyComponent::Kind::Destination || component.kind == KeyComponent::Kind::Parent;
}

/// Files of a stage, in a step that failed before it had them.
bool isOpen(const KeyComponent& component) {
  return component.kind == KeyComponent::Kind::Files && component.value.empty() && !component.tree;
}

/// Own causes first, in the order of their kinds; what came from above last.
bool causeLess(const Cause& a, const Cause& b) {
  auto rank = [](const Cause& cause) { return cause.kind == Cause::Kind::ParentRebuilt ? 1000 : int(cause.kind); };
  return rank(a) < rank(b);
}

uint64_t sizeOf(const TreeChange& change) { return std::max(change.oldSize, change.newSize); }

/// All causes of one build's steps, against the nearest earlier record of each.
class Comparison {
public:
  Comparison(const Build& build, std::vector<Build> earlier, builder::TreeStore& trees)
      : build_(build), earlierBuilds_(std::move(earlier)), trees_(trees) {
    for (const Build& one : earlierBuilds_) matches_.push_back(matchSteps(build_, one));
    for (size_t i = 0; i < build_.steps.size(); ++i) positions_[build_.steps[i].index] = i;
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
  Earlier nearest(size_t position) const {
    for (auto [build, matches] : llvm::zip(earlierBuilds_, matches_))
      if (const BuildStep* step = matches[position]; step && hasKey(*step)) return {&build, step};
    return {};
  }

  /// Also asked for hits, whose state may still differ from the one that a later step was compared with.
  llvm::Expected<std::vector<Cause>> causesOf(const BuildStep& step, const Earlier& earlier) {
    switch (step.miss) {
      case BuildStep::Miss::NoCache:
        return std::vector<Cause>{{.kind = Cause::Kind::NoCache}};
      case BuildStep::Miss::LayerGone:
        return std::vector<Cause>{{.kind = Cause::Kind::LayerGone}};
      case BuildStep::Miss::RecordPruned:
        return std::vector<Cause>{{.kind = Cause::Kind::Unknown, .name = "its cache record was pruned"}};
      case BuildStep::Miss::None:
      case BuildStep::Miss::NoRecord:
        break;
    }
    if (!hasKey(step)) return std::vector<Cause>{};
    if (!earlier.step) return std::vector<Cause>{{.kind = Cause::Kind::FirstBuild}};
    auto causes = differences(*earlier.step, step);
    if (!causes || !causes->empty()) return causes;
    if (step.miss == BuildStep::Miss::None) return std::vector<Cause>{};
    return std::vector<Cause>{{.kind = Cause::Kind::Unknown, .name = whyNoRecord(earlier)}};
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
        return "nothing in its key changed since build " + earlier.build->id + "; its cache record has been removed";
    }
  }

  llvm::Expected<std::vector<Cause>> differences(const BuildStep& before, const BuildStep& after) {
    Answers old = answersOf(before), now = answersOf(after);
    std::vector<Cause> causes;
    for (const auto& [question, component] : now) {
      auto was = old.find(question);
      const KeyComponent* previous = was == old.end() ? nullptr : was->second;
      if (previous ? sameAnswer(*previous, *component) : foundOut(*component)) continue;
      if (previous && isOpen(*previous) != isOpen(*component)) continue;
      auto cause = changed(previous, *component);
      if (!cause) return cause.takeError();
      causes.push_back(std::move(*cause));
    }
    for (const auto& [question, component] : old)
      if (!now.count(question) && !foundOut(*component)) causes.push_back(gone(*component));
    tidy(causes, after.instruction);
    return causes;
  }

  llvm::Expected<Cause> changed(const KeyComponent* before, const KeyComponent& after) {
    Cause cause;
    cause.kind = causeOf(after);
    cause.name = nameOfCause(after, cause.kind);
    cause.before = before ? before->value : "";
    cause.after = after.value;
    cause.where = after.where;
    cause.rootCause = after.step;
    if (cause.kind != Cause::Kind::Files) return cause;
    if (!before || !before->tree || !after.tree) {
      cause.changesKnown = false;
      return cause;
    }
    auto changes = changesBetween(before->tree, after.tree);
    if (!changes) return changes.takeError();
    cause.changesKnown = changes->has_value();
    if (*changes) cause.changes = std::move(**changes);
    return cause;
  }

  /// Largest first; nothing if a tree has been pruned.
  llvm::Expected<std::optional<std::vector<TreeChange>>> changesBetween(const Digest& before, const Digest& after) {
    auto changes = diffTrees(trees_, before, after);
    if (!changes) {
      llvm::Error error = changes.takeError();
      if (takeIf(error, FaultKind::NotFound)) return std::nullopt;
      return error;
    }
    llvm::stable_sort(*changes, [](const TreeChange& a, const TreeChange& b) { return sizeOf(a) > sizeOf(b); });
    return std::move(*changes);
  }

  llvm::Error compareOutput(const BuildStep& step, StepReason& reason) {
    reason.unchanged = step.unchanged;
    if (!step.output || !step.earlierOutput) return llvm::Error::success();
    auto changes = changesBetween(step.earlierOutput, step.output);
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

  static Cause gone(const KeyComponent& before) {
    Cause cause;
    cause.kind = causeOf(before);
    cause.name = nameOfCause(before, cause.kind);
    cause.before = before.value;
    cause.changesKnown = cause.kind != Cause::Kind::Files;
    return cause;
  }

  /// Leaves out what follows from another cause, and orders the rest.
  static void tidy(std::vector<Cause>& causes, llvm::StringRef instruction) {
    bool rewritten = llvm::any_of(causes, [](const Cause& cause) { return cause.kind == Cause::Kind::Instruction; });
    // Another base by name: the old one has gone and the new one has come, which is one cause.
    auto came = llvm::find_if(causes, [](auto& c) { return c.kind == Cause::Kind::BaseMoved && c.before.empty(); });
    auto went = llvm::find_if(causes, [](auto& c) { return c.kind == Cause::Kind::BaseMoved && c.after.empty(); });
    if (came != causes.end() && went != causes.end() && came != went) {
      *came =
          rewritten
              ? *came
              : Cause{.kind = Cause::Kind::Instruction, .before = "FROM " + went->name, .after = "FROM " + came->name};
      causes.erase(went);
      llvm::erase_if(causes,
                     [&](auto& c) { return rewritten && c.kind == Cause::Kind::BaseMoved && c.before.empty(); });
    }
    // Sources that an edited line names or names no more, and where it copies to, are told by the line.
    llvm::erase_if(causes, [&](const Cause& cause) {
      bool told = (cause.kind == Cause::Kind::Files && !cause.changesKnown) || cause.kind == Cause::Kind::Option;
      return rewritten && instruction != "run" && told;
    });
    // What is copied does not depend on the whole of what it is copied onto: any other cause is the cause.
    if (instruction != "run" && llvm::any_of(causes, [](auto& c) { return c.kind != Cause::Kind::ParentRebuilt; }))
      llvm::erase_if(causes, [](const Cause& cause) { return cause.kind == Cause::Kind::ParentRebuilt; });
    llvm::stable_sort(causes, causeLess);
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
    if (Earlier earlier = nearest(position); earlier.build) {
      reason.comparedWith = earlier.build->id;
      reason.comparedCache = earlier.build->origin;
    }
    return reason;
  }

  const Build& build_;
  std::vector<Build> earlierBuilds_;
  builder::TreeStore& trees_;
  std::vector<std::vector<const BuildStep*>> matches_;  ///< an earlier build each
  llvm::DenseMap<uint32_t, size_t> positions_;          ///< of a step's index
  std::vector<std::vector<Cause>> causes_;              ///< a step each
};

}  // namespace

llvm::Expected<std::vector<StepReason>> reasonsFor(const Build& build, builder::Journal& journal,
                                                   builder::TreeStore& trees) {
  auto earlier = journal.earlierBuilds(build, kEarlierBuilds);
  if (!earlier) return earlier.takeError();
  return Comparison(build, std::move(*earlier), trees).run();
}

}  // namespace strata::analyzer
