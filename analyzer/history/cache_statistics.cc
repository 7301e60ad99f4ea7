#include "analyzer/history/cache_statistics.h"

#include "analyzer/causes/cache_use.h"
#include "analyzer/causes/step_match.h"

#include <llvm/ADT/STLExtras.h>

#include <map>
#include <set>
#include <tuple>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;

constexpr size_t kCountedFiles = 3;

bool isHit(const BuildStep& step) { return cacheUseOf(step) == CacheUse::Hit; }
bool isMiss(const BuildStep& step) { return cacheUseOf(step) == CacheUse::Miss; }

/// The names under which a cause is counted.
std::vector<std::string> namesOf(const Cause& cause) {
  switch (cause.kind) {
    case Cause::Kind::Files: {
      if (cause.changes.empty()) return {cause.name};
      std::vector<std::string> names;
      for (const builder::TreeChange& change : llvm::ArrayRef(cause.changes).take_front(kCountedFiles))
        names.push_back(change.path);
      return names;
    }
    case Cause::Kind::Argument:
    case Cause::Kind::Environment:
    case Cause::Kind::BaseMoved:
    case Cause::Kind::Mount:
    case Cause::Kind::Option:
    case Cause::Kind::NoCache:
      return {cause.name};
    default:  // what is said there is about one time alone
      return {""};
  }
}

/// Counts all builds into one sum.
class Counter {
public:
  explicit Counter(llvm::ArrayRef<ExplainedBuild> builds) : builds_(builds) {}

  CacheStatistics run() {
    sum_.builds = uint32_t(builds_.size());
    if (!builds_.empty()) startSteps(builds_.front().build);
    for (const ExplainedBuild& one : builds_) {
      countSteps(one.build);
      countInputs(one);
    }
    dropUnasked();
    for (auto& [key, input] : inputs_) sum_.inputs.push_back(std::move(input));
    llvm::stable_sort(sum_.inputs, [](const InputStatistics& a, const InputStatistics& b) {
      return std::tie(a.misses, a.time) > std::tie(b.misses, b.time);
    });
    return std::move(sum_);
  }

private:
  void startSteps(const Build& newest) {
    for (const BuildStep& step : newest.steps)
      sum_.steps.push_back({.step = step.index, .stage = step.stage, .name = step.name, .line = step.firstLine});
  }

  /// A FROM is no question for the cache.
  void dropUnasked() {
    llvm::erase_if(sum_.steps, [&](const StepStatistics& step) {
      return llvm::any_of(builds_.front().build.steps,
                          [&](const BuildStep& one) { return one.index == step.step && one.instruction == "from"; });
    });
  }

  void countSteps(const Build& build) {
    for (const BuildStep& step : build.steps) {
      sum_.hits += isHit(step);
      sum_.misses += isMiss(step);
      if (isMiss(step)) sum_.missTime += step.duration;
    }
    for (auto [step, counted] : llvm::zip(matchSteps(builds_.front().build, build), sum_.steps)) {
      if (!step) continue;
      counted.hits += isHit(*step);
      counted.misses += isMiss(*step);
      if (isMiss(*step)) counted.missTime += step->duration;
    }
  }

  void countInputs(const ExplainedBuild& one) {
    std::map<uint32_t, const StepReason*> reasons;
    for (const StepReason& reason : one.reasons) reasons[reason.step] = &reason;
    std::set<const InputStatistics*> inBuild;
    for (const BuildStep& step : one.build.steps) {
      if (!isMiss(step)) continue;
      std::set<InputStatistics*> inputs;
      addInputs(one.build, reasons, step.index, inputs);
      for (InputStatistics* input : inputs) {
        input->builds += inBuild.insert(input).second;
        ++input->misses;
        input->time += step.duration;
      }
    }
  }

  /// What this step's miss began with: its own causes, and those of the steps that it points at.
  void addInputs(const Build& build, const std::map<uint32_t, const StepReason*>& reasons, uint32_t index,
                 std::set<InputStatistics*>& inputs, unsigned depth = 0) {
    auto reason = reasons.find(index);
    auto step = llvm::find_if(build.steps, [&](const BuildStep& one) { return one.index == index; });
    if (reason == reasons.end() || step == build.steps.end()) return;
    for (const Cause& cause : reason->second->causes) {
      bool fromAbove = cause.rootCause && *cause.rootCause != index && depth < build.steps.size();
      size_t before = inputs.size();
      if (fromAbove) addInputs(build, reasons, *cause.rootCause, inputs, depth + 1);
      if (fromAbove && (inputs.size() > before || cause.kind == Cause::Kind::ParentRebuilt)) continue;
      for (const std::string& name : namesOf(cause)) inputs.insert(&inputOf(cause.kind, name, *step));
    }
  }

  InputStatistics& inputOf(Cause::Kind kind, const std::string& name, const BuildStep& step) {
    // A line that changes is known by its place, since its text is what changes.
    std::string place = kind == Cause::Kind::Instruction ? step.stage + ":" + std::to_string(step.ordinal)
                        : name.empty()                   ? textOf(step).str()
                                                         : "";
    auto [entry, isNew] = inputs_.try_emplace({kind, name, place});
    if (isNew) {
      entry->second.kind = kind;
      entry->second.name = name;
      entry->second.step = textOf(step).str();
      entry->second.line = step.firstLine;
    }
    return entry->second;
  }

  llvm::ArrayRef<ExplainedBuild> builds_;
  CacheStatistics sum_;
  std::map<std::tuple<Cause::Kind, std::string, std::string>, InputStatistics> inputs_;
};

}  // namespace

double StepStatistics::hitRate() const { return hitRateOf(hits, misses); }
double CacheStatistics::hitRate() const { return hitRateOf(hits, misses); }

CacheStatistics statisticsOf(llvm::ArrayRef<ExplainedBuild> builds) { return Counter(builds).run(); }

llvm::json::Value toJson(const CacheStatistics& statistics) {
  llvm::json::Array steps, inputs;
  for (const StepStatistics& step : statistics.steps)
    steps.push_back(llvm::json::Object{{"step", step.step},
                                       {"stage", llvm::json::fixUTF8(step.stage)},
                                       {"name", llvm::json::fixUTF8(step.name)},
                                       {"line", step.line},
                                       {"hits", step.hits},
                                       {"misses", step.misses},
                                       {"hitRate", step.hitRate()},
                                       {"missNanoseconds", step.missTime}});
  for (const InputStatistics& input : statistics.inputs)
    inputs.push_back(llvm::json::Object{{"kind", nameOf(input.kind)},
                                        {"name", llvm::json::fixUTF8(input.name)},
                                        {"step", llvm::json::fixUTF8(input.step)},
                                        {"line", input.line},
                                        {"builds", input.builds},
                                        {"misses", input.misses},
                                        {"nanoseconds", input.time}});
  return llvm::json::Object{{"schema", 1},
                            {"builds", statistics.builds},
                            {"hits", statistics.hits},
                            {"misses", statistics.misses},
                            {"hitRate", statistics.hitRate()},
                            {"missNanoseconds", statistics.missTime},
                            {"steps", std::move(steps)},
                            {"inputs", std::move(inputs)}};
}

}  // namespace strata::analyzer
