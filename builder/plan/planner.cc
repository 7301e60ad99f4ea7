#include "builder/plan/planner.h"

#include "builder/lint/check_stage.h"
#include "builder/plan/joined.h"
#include "builder/plan/outline.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <algorithm>

namespace strata::builder {

llvm::Expected<Plan> Planner::plan() {
  stages_.resize(dockerfile_.stages.size());
  size_t instructions = 0;
  for (const Stage& stage : dockerfile_.stages) instructions += stage.instructions.size() + 1;
  vertices_.reserve(instructions);
  auto target = targetStage();
  if (!target) return target.takeError();
  if (auto error = setUpGlobals()) return error;
  if (auto error = resolveEpoch()) return error;
  if (auto error = evaluateAll(*target)) return error;
  return finish(*target);
}

llvm::Error Planner::setUpGlobals() {
  auto automatic = [&](llvm::StringRef name, llvm::StringRef value) {
    globals_.set(name, {value.str(), true, "automatic"});
  };
  auto describe = [&](llvm::StringRef side, const layerfs::Platform& platform) {
    automatic((side + "PLATFORM").str(), platform.str());
    automatic((side + "OS").str(), platform.os);
    automatic((side + "ARCH").str(), platform.architecture);
    automatic((side + "VARIANT").str(), platform.variant);
    automatic((side + "OSVERSION").str(), platform.osVersion);
  };
  describe("TARGET", target_.platform);
  describe("BUILD", layerfs::hostPlatform());
  const Stage& last = dockerfile_.stages.back();
  automatic("TARGETSTAGE", !options_.target.empty() ? options_.target : !last.name.empty() ? last.name : "default");
  for (const auto& [name, value] : options_.buildArgs)
    if (globals_.get(name)) globals_.set(name, {value, true, "--build-arg"});

  noteFroms();
  Place place;
  for (const Instruction& at : dockerfile_.globals) {
    const auto* arg = std::get_if<ArgInstruction>(&at.body);
    if (!arg) continue;
    for (const KeyValue& pair : arg->pairs) {
      VariableNames uses;
      if (auto given = options_.buildArgs.find(pair.key.str()); given != options_.buildArgs.end()) {
        globals_.set(pair.key, {given->second, true, "--build-arg"});
      } else if (pair.value) {
        auto value = expandWord(
            *pair.value, [&](llvm::StringRef name) { return globals_.find(name); }, dockerfile_.escape());
        if (!value) return sourceFault(dockerfile_.source(), at.range, messageOf(value.takeError()));
        globals_.set(pair.key, {value->text, true, whereOf(at, place)});
        uses = std::move(value->used);
      }
      if (options_.outline) options_.outline->addGlobal(at, pair.key, globals_.find(pair.key), uses);
    }
  }
  return llvm::Error::success();
}

std::string Planner::stageLabel(uint32_t index) const {
  const std::string& name = dockerfile_.stages[index].name;
  return name.empty() ? "stage-" + std::to_string(index) : name;
}

llvm::Expected<uint32_t> Planner::targetStage() const {
  uint32_t count = uint32_t(dockerfile_.stages.size());
  if (options_.target.empty()) return count - 1;
  if (auto found = findStage(options_.target, count, /*ignoreCase=*/true)) return *found;
  std::vector<llvm::StringRef> names;
  for (const Stage& stage : dockerfile_.stages)
    if (!stage.name.empty()) names.push_back(stage.name);
  return fault(FaultKind::Invalid, "target stage \"" + options_.target + "\" could not be found" +
                                       didYouMean(options_.target, names, true));
}

llvm::Expected<StageState*> Planner::stateOf(uint32_t index) {
  StagePlan& stage = stages_[index];
  if (stage.progress == StagePlan::UnderWay)
    return sourceFault(dockerfile_.source(), dockerfile_.stages[index].range,
                       "circular dependency detected on stage: " + stageLabel(index));
  if (stage.progress == StagePlan::Broken)  // already told: who stands on it only has to stop
    return fault(FaultKind::Cancelled, "stage " + stageLabel(index) + " is wrong");
  if (stage.progress == StagePlan::Untouched) {
    stage.progress = StagePlan::UnderWay;
    auto state = evaluate(index);
    if (!state) {
      stage.progress = StagePlan::Broken;
      return state.takeError();
    }
    stage.state = std::move(*state);
    stage.progress = StagePlan::Ready;
  }
  return &stage.state;
}

namespace {
bool makesStep(const Instruction& instruction) {
  return std::holds_alternative<RunInstruction>(instruction.body) ||
         std::holds_alternative<CopyInstruction>(instruction.body) ||
         std::holds_alternative<WorkdirInstruction>(instruction.body);
}
}  // namespace

llvm::Expected<StageState> Planner::evaluate(uint32_t index) {
  const Stage& stage = dockerfile_.stages[index];
  Place place{.stageIndex = index, .stage = stageLabel(index), .fallback = stage.range};
  StageState state;
  std::vector<std::string> triggers;
  if (!stage.name.empty() && !options_.contexts.empty()) {
    auto said = platformOf(stage);
    if (!said) return said.takeError();
    // NCTX-4: what replaces a stage of this name replaces all of it.
    if (const NamedContext* context = namedContext(stage.name, said->value_or(target_.platform))) {
      auto replaced = stageFromContext(*context, stage, *said, place, triggers);
      if (replaced) replaced->config.onBuild = std::move(triggers);  // for those who build upon it
      return replaced;
    }
  }
  place.count = uint32_t(llvm::count_if(stage.instructions, makesStep));
  if (auto error = startFrom(stage, place, state, triggers)) return error;

  if (!triggers.empty()) {
    auto file = readTriggers(triggers);
    if (!file) return sourceFault(dockerfile_.source(), stage.range, "ONBUILD: " + messageOf(file.takeError()));
    triggerFiles_.push_back(std::make_unique<Dockerfile>(std::move(*file)));
    place.triggered = true;
    for (const Instruction& instruction : triggerFiles_.back()->stages[0].instructions)
      if (auto error = apply(instruction, place, state)) return error;
    place.triggered = false;
  }
  if (options_.lint) checkStage(stage, *options_.lint);
  state.history.reserve(state.history.size() + stage.instructions.size());
  if (auto error = applyAll(stage, place, state)) return error;
  return state;
}

/// Goes on after an instruction that is wrong: the next ones may be so for reasons of their own.
llvm::Error Planner::applyAll(const Stage& stage, Place& place, StageState& state) {
  constexpr unsigned kMost = 10;
  llvm::Error errors = llvm::Error::success();
  unsigned count = 0;
  bool broken = false;
  for (const Instruction& instruction : stage.instructions) {
    auto error = apply(instruction, place, state);
    if (!error) continue;
    if (takeIf(error, FaultKind::Cancelled)) {
      broken = true;
      continue;
    }
    errors = llvm::joinErrors(std::move(errors), std::move(error));
    if (++count == kMost) break;
  }
  if (!errors && broken) return fault(FaultKind::Cancelled, "stage " + place.stage + " stands on one that is wrong");
  return errors;
}

llvm::Error Planner::evaluateAll(uint32_t target) {
  llvm::Error errors = llvm::Error::success();
  for (uint32_t index = 0; index < stages_.size(); ++index) {
    if (index != target && !options_.allStages) continue;
    auto state = stateOf(index);
    if (state) continue;
    auto error = state.takeError();
    if (!takeIf(error, FaultKind::Cancelled)) errors = llvm::joinErrors(std::move(errors), std::move(error));
  }
  return errors;
}

namespace {
/// Variables whose values come from secrets: a step's name shows no more of them than that they are there (PROG-3).
bool isSecret(const Operation& op, llvm::StringRef name) {
  const auto* run = std::get_if<RunOp>(&op);
  return run && llvm::any_of(run->mounts, [&](const PlannedMount& mount) { return mount.flag.env == name; });
}
}  // namespace

/// PROG-1, PROG-3: "[build 2/4] RUN make".
std::string Planner::displayName(const Vertex& vertex, const Place& place, const Instruction& at,
                                 const StageState& state) const {
  std::string total = std::to_string(place.count), ordinal = std::to_string(vertex.ordinal), name;
  name.reserve(at.text.size() + 32);
  name += '[';
  if (target_.shown) (name += shownPlatform(state)) += " ";
  if (dockerfile_.stages.size() > 1) (name += place.stage) += " ";
  if (ordinal.size() < total.size()) name.append(total.size() - ordinal.size(), ' ');
  ((name += ordinal) += '/') += total;
  name += place.triggered ? "] ONBUILD " : "] ";
  for (char c : at.keyword) name += llvm::toUpper(c);
  auto shown = [&](llvm::StringRef n) {
    return isSecret(vertex.op, n) ? std::optional<llvm::StringRef>("****") : state.env.find(n);
  };
  llvm::StringRef rest = at.text.drop_front(std::min(at.text.size(), at.keyword.size()));
  appendForDisplay(name, rest, shown, escapeAt(place));
  appendForDisplay(name, bodyHint(at), shown, escapeAt(place));
  return name;
}

VertexId Planner::addVertex(Operation&& op, std::optional<VertexId> parent, Place& place, const Instruction& at,
                            const StageState& state) {
  Vertex& vertex = newVertex();
  vertex.op = std::move(op);
  vertex.parent = parent;
  if (parent) vertex.inputs.push_back(*parent);
  vertex.stageIndex = place.stageIndex;
  vertex.stage = place.stage;
  vertex.ordinal = place.next++;
  vertex.instruction = at.name.str();
  vertex.range = rangeOf(at, place);
  vertex.name = displayName(vertex, place, at, state);
  return vertex.id;
}

/// Made where it stays: a vertex is large.
Vertex& Planner::newVertex() {
  Vertex& vertex = vertices_.emplace_back();
  vertex.id = VertexId(vertices_.size() - 1);
  return vertex;
}

void Planner::addHistory(StageState& state, std::string createdBy, std::optional<VertexId> vertex) {
  state.history.push_back({std::move(createdBy), vertex});
}

llvm::Expected<std::string> Planner::expand(llvm::StringRef word, const StageState& state, const Instruction& at,
                                            const Place& place) {
  char escape = escapeAt(place);
  if (isPlain(word, escape)) return word.str();
  auto expansion = expandWord(
      word, [&](llvm::StringRef name) { return state.env.find(name); }, escape);
  if (!expansion) return wrong(at, place, messageOf(expansion.takeError()));
  noteUnset(*expansion, state, at, place);
  return std::move(expansion->text);
}

SourceRange Planner::rangeOf(const Instruction& at, const Place& place) const {
  return at.range.known() && !place.triggered ? at.range : place.fallback;
}

std::string Planner::whereOf(const Instruction& at, const Place& place) const {
  return joined({dockerfile_.source().name(), ":", std::to_string(rangeOf(at, place).firstLine())});
}

llvm::Error Planner::wrong(const Instruction& at, const Place& place, const llvm::Twine& message) const {
  return sourceFault(dockerfile_.source(), rangeOf(at, place), message);
}

/// Vertices get their final numbers: stage by stage in file order, so that names and reports follow the Dockerfile.
/// Returns the new number of each.
std::vector<VertexId> Planner::orderVertices() {
  std::vector<VertexId> order(vertices_.size()), renumbered(vertices_.size());
  for (VertexId i = 0; i < order.size(); ++i) order[i] = renumbered[i] = i;
  auto earlier = [](const Vertex& a, const Vertex& b) { return a.stageIndex < b.stageIndex; };
  if (llvm::is_sorted(vertices_, earlier)) return renumbered;
  llvm::stable_sort(order, [&](VertexId a, VertexId b) { return earlier(vertices_[a], vertices_[b]); });

  std::vector<Vertex> ordered;
  ordered.reserve(order.size());
  for (VertexId old : order) {
    renumbered[old] = VertexId(ordered.size());
    ordered.push_back(std::move(vertices_[old]));
  }
  for (Vertex& vertex : ordered) renumber(vertex, renumbered);
  vertices_ = std::move(ordered);
  return renumbered;
}

Plan Planner::finish(uint32_t target) {
  std::vector<VertexId> renumbered = orderVertices();
  Plan plan;
  plan.vertices = std::move(vertices_);
  for (Vertex& vertex : plan.vertices)
    if (vertex.ordinal) vertex.step = plan.stepCount++;
  plan.file = dockerfile_.source().name();
  plan.target = stageLabel(target);
  StageState& state = stages_[target].state;
  PlanResult result{.platform = target_.platform,
                    .files = state.files,
                    .config = std::move(state.config),
                    .history = std::move(state.history)};
  if (result.files) result.files = renumbered[*result.files];
  result.config.platform = resultPlatform(result.config.platform);
  for (const auto& [name, value] : options_.labels) result.config.labels[name] = value;
  for (PlannedHistory& entry : result.history)
    if (entry.vertex) entry.vertex = renumbered[*entry.vertex];
  plan.results.push_back(std::move(result));

  std::optional<llvm::StringRef> epoch = globals_.find("SOURCE_DATE_EPOCH");
  if (auto given = options_.buildArgs.find("SOURCE_DATE_EPOCH"); given != options_.buildArgs.end())
    epoch = given->second;
  int64_t seconds = 0;
  if (epoch && !epoch->getAsInteger(10, seconds)) plan.sourceDateEpoch = seconds;
  return plan;
}

}  // namespace strata::builder
