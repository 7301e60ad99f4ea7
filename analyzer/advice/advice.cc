#include "analyzer/advice/advice.h"

#include "analyzer/advice/finders.h"
#include "analyzer/causes/sequence_diff.h"
#include "analyzer/causes/step_match.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <cassert>

namespace strata::analyzer {

using builder::BuildStep;
using builder::KeyComponent;

namespace {
constexpr llvm::StringRef kKinds[] = {"cache-mount", "copy-chmod",  "copy-chown", "dockerignore",
                                      "merge-runs",  "narrow-copy", "pin-base",   "reorder"};
}  // namespace

llvm::ArrayRef<llvm::StringRef> adviceKinds() { return kKinds; }

std::optional<size_t> nextInStage(const builder::Build& build, size_t position) {
  for (size_t next = 0; next < build.steps.size(); ++next)
    if (build.steps[next].stage == build.steps[position].stage &&
        build.steps[next].ordinal == build.steps[position].ordinal + 1)
      return next;
  return std::nullopt;
}

bool hasOwnLines(const BuildStep& step) { return step.firstLine != 0 && step.lastLine >= step.firstLine; }

std::optional<size_t> directlyAfter(const AdviceFacts& facts, size_t position) {
  auto next = nextInStage(facts.build, position);
  if (!next) return std::nullopt;
  const BuildStep &upper = facts.build.steps[position], &lower = facts.build.steps[*next];
  bool ordered = hasOwnLines(upper) && hasOwnLines(lower) && upper.lastLine < lower.firstLine;
  bool idle = ordered && facts.files.dockerfile->areIdle(upper.lastLine + 1, lower.firstLine - 1);
  return idle ? next : std::nullopt;
}

std::optional<uint32_t> layerOf(const AdviceFacts& facts, size_t position) {
  if (!facts.analysis) return std::nullopt;
  for (const LayerReport& layer : facts.analysis->report.layers)
    if (layer.reason && layer.reason->step == facts.build.steps[position].index) return layer.position;
  return std::nullopt;
}

int64_t timeOf(const BuildStep& step) {
  return step.outcome == BuildStep::Outcome::Hit ? step.recordedDuration : step.duration;
}

const KeyComponent* componentOf(const BuildStep& step, KeyComponent::Kind kind, llvm::StringRef name) {
  for (const KeyComponent& component : step.components)
    if (component.kind == kind && (name.empty() || component.name == name)) return &component;
  return nullptr;
}

Finding findingAbout(const AdviceFacts& facts, size_t position, llvm::StringRef rule, const std::string& title) {
  assert(llvm::is_contained(kKinds, rule));
  const BuildStep& step = facts.build.steps[position];
  Finding finding{.rule = ("advice/" + rule).str(), .title = title};
  finding.where.layer = layerOf(facts, position);
  finding.where.instruction = textOf(step).str();
  finding.where.dockerfile = facts.files.dockerfileName;
  if (step.firstLine != 0) finding.where.line = step.firstLine;
  return finding;
}

namespace {
std::string diffOf(const Advice& advice, const AdviceFiles& files) {
  const FileLines& lines = advice.ofIgnoreFile ? *files.ignore : *files.dockerfile;
  const std::string& name = advice.ofIgnoreFile ? files.ignoreName : files.dockerfileName;
  auto after = lines.edited(advice.edits);
  if (!after) return "";
  bool isNew = advice.ofIgnoreFile && !files.ignoreExists;
  return unifiedDiff(isNew ? "/dev/null" : "a/" + name, lines.text(), "b/" + name, *after);
}
}  // namespace

llvm::Expected<std::vector<Advice>> adviceFor(const AdviceFacts& facts) {
  Advices advice;
  if (facts.analysis) {
    adviseOwner(facts, advice);
    adviseMerge(facts, advice);
  }
  for (auto find : {adviseCacheMounts, adviseIgnored, adviseOrder, adviseNarrow, advisePin})
    if (llvm::Error error = find(facts, advice)) return error;
  for (Advice& one : advice) one.finding.edit = diffOf(one, facts.files);
  llvm::erase_if(advice, [](const Advice& one) { return one.finding.edit.empty(); });
  // A second of every build is worth about as much as a MiB of every image.
  auto gainOf = [](const Finding& finding) {
    return double(finding.bytes) / (1 << 20) + double(finding.nanoseconds) / 1e9;
  };
  llvm::stable_sort(advice, [&](const Advice& a, const Advice& b) { return gainOf(a.finding) > gainOf(b.finding); });
  return advice;
}

}  // namespace strata::analyzer
