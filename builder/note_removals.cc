#include "builder/note_removals.h"

#include <llvm/ADT/STLExtras.h>

#include <optional>

namespace strata::builder {

namespace {
using Miss = BuildStep::Miss;

/// Builds of shared caches may stand before the last one of this store.
constexpr size_t kLookedAt = 4;

bool wentAway(Miss miss) { return miss == Miss::RecordPruned || miss == Miss::LayerGone || miss == Miss::Damaged; }

void say(const RecordRemoval& removal, BuildStep& step) {
  using Kind = RecordRemoval::Kind;
  step.miss = removal.kind == Kind::Pruned    ? Miss::RecordPruned
              : removal.kind == Kind::Damaged ? Miss::Damaged
                                              : Miss::LayerGone;
  step.missReason = removal.reason;
  step.recordRemoved = removal.at;
}

std::vector<const KeyComponent*> ownComponents(const BuildStep& step) {
  std::vector<const KeyComponent*> own;
  for (const KeyComponent& component : step.components)
    if (component.kind != KeyComponent::Kind::Parent) own.push_back(&component);
  return own;
}

/// Whether two keys differ in what the step stands on, if in anything.
bool sameButParent(const BuildStep& a, const BuildStep& b) {
  auto same = [](const KeyComponent* one, const KeyComponent* other) {
    return one->kind == other->kind && one->name == other->name && one->value == other->value &&
           one->tree == other->tree;
  };
  auto ours = ownComponents(a), theirs = ownComponents(b);
  return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(), same);
}

class Removals {
public:
  Removals(Build& build, RecordStore& records, Journal& journal)
      : build_(build), records_(records), journal_(journal) {}

  llvm::Error note() {
    for (BuildStep& step : build_.steps) {
      if (step.miss != Miss::NoRecord || !step.key) continue;
      auto removal = records_.findRemoval(step.key);
      if (!removal) return removal.takeError();
      if (*removal)
        say(**removal, step);
      else if (auto error = noteOfEarlierKey(step))
        return error;
    }
    return llvm::Error::success();
  }

private:
  llvm::Error noteOfEarlierKey(BuildStep& step) {
    if (!standsOnLost(step)) return llvm::Error::success();
    auto earlier = earlierBuild();
    if (!earlier) return earlier.takeError();
    const BuildStep* was = *earlier ? sameStep(step, **earlier) : nullptr;
    if (!was || !was->key || !sameButParent(*was, step)) return llvm::Error::success();
    auto removal = records_.findRemoval(was->key);
    if (!removal) return removal.takeError();
    if (*removal) say(**removal, step);
    return llvm::Error::success();
  }

  bool standsOnLost(const BuildStep& step) const {
    for (const KeyComponent& component : step.components) {
      if (component.kind != KeyComponent::Kind::Parent || !component.step) continue;
      auto parent = llvm::find_if(build_.steps, [&](const BuildStep& one) { return one.index == *component.step; });
      return parent != build_.steps.end() && wentAway(parent->miss);
    }
    return false;
  }

  static const BuildStep* sameStep(const BuildStep& step, const Build& earlier) {
    auto found = llvm::find_if(earlier.steps, [&](const BuildStep& one) {
      return one.stage == step.stage && one.ordinal == step.ordinal && one.name == step.name;
    });
    return found == earlier.steps.end() ? nullptr : &*found;
  }

  /// The last one that was built here.
  llvm::Expected<const Build*> earlierBuild() {
    if (!lookedUp_) {
      auto builds = journal_.earlierBuilds(build_, kLookedAt);
      if (!builds) return builds.takeError();
      auto own = llvm::find_if(*builds, [](const Build& one) { return one.origin.empty(); });
      if (own != builds->end()) earlier_ = std::move(*own);
      lookedUp_ = true;
    }
    return earlier_ ? &*earlier_ : nullptr;
  }

  Build& build_;
  RecordStore& records_;
  Journal& journal_;
  bool lookedUp_ = false;
  std::optional<Build> earlier_;
};
}  // namespace

llvm::Error noteRemovals(Build& build, RecordStore& records, Journal& journal) {
  return Removals(build, records, journal).note();
}

}  // namespace strata::builder
