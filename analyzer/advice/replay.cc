#include "analyzer/advice/replay.h"

#include "analyzer/advice/finders.h"
#include "analyzer/causes/key_diff.h"
#include "analyzer/causes/step_match.h"

#include <llvm/ADT/STLExtras.h>

#include <set>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using builder::KeyComponent;

/// All that a step's key is made of but what it stands on.
std::string ownKey(const BuildStep& step) {
  std::vector<std::string> parts;
  for (const KeyComponent& component : step.components)
    if (component.kind != KeyComponent::Kind::Parent)
      parts.push_back(std::to_string(int(component.kind)) + std::string(1, '\0') + component.name +
                      std::string(1, '\0') + component.value);
  llvm::sort(parts);
  std::string key;
  for (const std::string& part : parts) key += std::to_string(part.size()) + ":" + part;
  return key;
}

bool wasForced(const BuildStep& step) {
  return step.miss == BuildStep::Miss::NoCache || step.miss == BuildStep::Miss::NoCacheStage;
}
}  // namespace

std::string groundOf(const BuildStep& step) {
  const KeyComponent* parent = componentOf(step, KeyComponent::Kind::Parent);
  return parent ? parent->value : "";
}

llvm::Expected<Replayed> replay(const AdviceFacts& facts, size_t moved, llvm::ArrayRef<size_t> runs, NewGround ground) {
  Replayed replayed;
  std::set<Digest> seen;
  for (const ExplainedBuild& one : llvm::reverse(facts.history)) {
    std::vector<const BuildStep*> then = matchSteps(facts.build, one.build);
    if (!then[moved] || !then[moved]->hasKey()) continue;
    auto base = ground(*then[moved]);
    if (!base) return base.takeError();
    if (!*base || (*base)->empty()) continue;
    std::string key = **base;
    int64_t saved = 0;
    for (size_t position : runs) {
      const BuildStep* run = then[position];
      if (!run || !run->hasKey() || run->stage != then[moved]->stage || run->ordinal < then[moved]->ordinal) break;
      key += ownKey(*run);
      if (run->outcome == BuildStep::Outcome::Failed) break;
      bool known = !seen.insert(digestOf(key)).second;
      if (known && run->outcome == BuildStep::Outcome::Executed && !wasForced(*run)) saved += run->duration;
    }
    replayed.saved += saved;
    replayed.builds += saved > 0;
  }
  return replayed;
}

}  // namespace strata::analyzer
