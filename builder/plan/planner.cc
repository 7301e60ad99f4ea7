#include "builder/plan/planner.h"

#include "registry/reference.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <algorithm>

namespace strata::builder {

llvm::Expected<Plan> makePlan(const Dockerfile& dockerfile, const PlanOptions& options, ImageResolver resolve) {
  return Planner(dockerfile, options, resolve).plan();
}

llvm::Expected<Plan> Planner::plan() {
  stages_.resize(dockerfile_.stages.size());
  auto target = targetStage();
  if (!target) return target.takeError();
  if (auto error = setUpGlobals()) return error;
  if (auto state = stateOf(*target); !state) return state.takeError();
  return finish(*target);
}

llvm::Error Planner::setUpGlobals() {
  layerfs::Platform host = layerfs::hostPlatform();
  auto automatic = [&](llvm::StringRef name, llvm::StringRef value) {
    globals_.set(name, {value.str(), true, "automatic"});
  };
  for (llvm::StringRef side : {"TARGET", "BUILD"}) {
    automatic((side + "PLATFORM").str(), host.str());
    automatic((side + "OS").str(), host.os);
    automatic((side + "ARCH").str(), host.architecture);
    automatic((side + "VARIANT").str(), host.variant);
    automatic((side + "OSVERSION").str(), host.osVersion);
  }
  const Stage& last = dockerfile_.stages.back();
  automatic("TARGETSTAGE", !options_.target.empty() ? options_.target : !last.name.empty() ? last.name : "default");
  for (const auto& [name, value] : options_.buildArgs)
    if (globals_.get(name)) globals_.set(name, {value, true, "--build-arg"});

  Place place;
  for (const Instruction& at : dockerfile_.globals) {
    const auto* arg = std::get_if<ArgInstruction>(&at.body);
    if (!arg) continue;
    for (const KeyValue& pair : arg->pairs) {
      if (auto given = options_.buildArgs.find(pair.key.str()); given != options_.buildArgs.end()) {
        globals_.set(pair.key, {given->second, true, "--build-arg"});
      } else if (pair.value) {
        auto value = expandWord(
            *pair.value, [&](llvm::StringRef name) { return globals_.find(name); }, dockerfile_.escape());
        if (!value) return sourceFault(dockerfile_.source(), at.range, messageOf(value.takeError()));
        globals_.set(pair.key, {value->text, true, whereOf(at, place)});
      }
    }
  }
  return llvm::Error::success();
}

std::optional<uint32_t> Planner::findStage(llvm::StringRef name, uint32_t before, bool ignoreCase) const {
  for (uint32_t i = before; i-- > 0;) {
    const std::string& candidate = dockerfile_.stages[i].name;
    if (!candidate.empty() && (ignoreCase ? name.equals_insensitive(candidate) : name == candidate)) return i;
  }
  return std::nullopt;
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
  if (stage.progress == StagePlan::Untouched) {
    stage.progress = StagePlan::UnderWay;
    auto state = evaluate(index);
    if (!state) return state.takeError();
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
  for (const Instruction& instruction : stage.instructions)
    if (auto error = apply(instruction, place, state)) return error;
  return state;
}

llvm::Error Planner::checkPlatform(const Stage& stage) {
  if (stage.platform.empty()) return llvm::Error::success();
  auto text = expandWord(
      stage.platform, [&](llvm::StringRef name) { return globals_.find(name); }, dockerfile_.escape());
  if (!text) return sourceFault(dockerfile_.source(), stage.range, messageOf(text.takeError()));
  if (text->text.empty())
    return sourceFault(dockerfile_.source(), stage.range, "empty platform value from expression " + stage.platform);
  auto platform = layerfs::parsePlatform(text->text);
  if (!platform)
    return sourceFault(dockerfile_.source(), stage.range,
                       "failed to parse platform " + messageOf(platform.takeError()));
  if (layerfs::normalised(*platform) != layerfs::normalised(layerfs::hostPlatform()))
    return notYet(stage.range, "building for " + platform->str() + " on " + layerfs::hostPlatform().str());
  return llvm::Error::success();
}

llvm::Expected<ResolvedImage> Planner::resolveImage(llvm::StringRef written, const SourceRange& range) {
  auto reference = registry::parseReference(written);
  if (!reference)
    return sourceFault(dockerfile_.source(), range,
                       "failed to parse stage name \"" + written + "\": " + messageOf(reference.takeError()));
  auto image = resolve_(written);
  if (image) return image;
  llvm::Error error = image.takeError();
  if (kindOf(error) != FaultKind::NotFound) return error;
  std::vector<llvm::StringRef> names;
  for (const Stage& stage : dockerfile_.stages)
    if (!stage.name.empty()) names.push_back(stage.name);
  std::string message = messageOf(sourceFault(
      dockerfile_.source(), range, written + ": " + messageOf(std::move(error)) + didYouMean(written, names)));
  return fault(FaultKind::NotFound, message);
}

/// STAGE-4: an earlier stage, scratch, or an image.
llvm::Error Planner::startFrom(const Stage& stage, Place& place, StageState& state,
                               std::vector<std::string>& triggers) {
  auto name = expandWord(
      stage.image, [&](llvm::StringRef n) { return globals_.find(n); }, dockerfile_.escape());
  if (!name) return sourceFault(dockerfile_.source(), stage.range, messageOf(name.takeError()));
  if (name->text.empty())
    return sourceFault(dockerfile_.source(), stage.range, "base name (" + stage.image + ") should not be blank");
  if (auto error = checkPlatform(stage)) return error;

  auto countTriggers = [&] {
    place.count += uint32_t(llvm::count_if(triggers, [](llvm::StringRef trigger) {
      llvm::StringRef word = trigger.ltrim().take_while([](char c) { return llvm::isAlpha(c); });
      return word.equals_insensitive("run") || word.equals_insensitive("copy") || word.equals_insensitive("add") ||
             word.equals_insensitive("workdir");
    }));
  };

  if (auto base = findStage(name->text, place.stageIndex, /*ignoreCase=*/false)) {
    auto parent = stateOf(*base);
    if (!parent) return parent.takeError();
    state = (*parent)->child();
    triggers = std::exchange(state.config.onBuild, {});
    countTriggers();
    return llvm::Error::success();
  }
  if (name->text == "scratch") {
    state = StageState::fromScratch(layerfs::hostPlatform());
    return llvm::Error::success();
  }
  auto image = resolveImage(name->text, stage.range);
  if (!image) return image.takeError();
  triggers = image->config.onBuild;
  ++place.count;
  countTriggers();
  state = StageState::fromImage(image->config);
  Instruction from{.name = "from", .keyword = stage.keyword, .text = stage.text, .range = stage.range};
  ImageOp op{.written = name->text, .canonical = image->canonical, .id = image->id};
  state.files = addVertex(op, std::nullopt, place, from, state);
  Vertex& vertex = vertices_[*state.files];
  vertex.name = vertex.name.substr(0, vertex.name.find("] ") + 2) + "FROM " + image->canonical;
  vertex.components.push_back(
      {.kind = KeyComponent::Kind::Base, .name = name->text, .value = image->id.str(), .where = whereOf(from, place)});
  return llvm::Error::success();
}

VertexId Planner::addVertex(Operation op, std::optional<VertexId> parent, Place& place, const Instruction& at,
                            const StageState& state) {
  Vertex vertex;
  vertex.id = VertexId(vertices_.size());
  vertex.op = std::move(op);
  vertex.parent = parent;
  if (parent) vertex.inputs.push_back(*parent);
  vertex.stageIndex = place.stageIndex;
  vertex.stage = place.stage;
  vertex.ordinal = place.next++;
  vertex.instruction = at.name.str();
  vertex.range = rangeOf(at, place);

  std::string total = std::to_string(place.count), ordinal = std::to_string(vertex.ordinal);
  if (ordinal.size() < total.size()) ordinal.insert(0, total.size() - ordinal.size(), ' ');
  std::string stage = dockerfile_.stages.size() > 1 ? place.stage + " " : "";
  llvm::StringRef rest = at.text.drop_front(std::min(at.text.size(), at.keyword.size()));
  std::string text = at.keyword.upper() + expandForDisplay(
                                              rest, [&](llvm::StringRef n) { return state.env.find(n); },
                                              place.triggered ? '\\' : dockerfile_.escape());
  vertex.name = "[" + stage + ordinal + "/" + total + "] " + (place.triggered ? "ONBUILD " : "") + text;
  vertices_.push_back(std::move(vertex));
  return vertices_.back().id;
}

void Planner::addHistory(StageState& state, std::string createdBy, std::optional<VertexId> vertex) {
  layerfs::HistoryEntry entry;
  entry.createdBy = std::move(createdBy);
  entry.comment = "buildkit.dockerfile.v0";
  entry.emptyLayer = !vertex;
  state.history.push_back({std::move(entry), vertex});
}

llvm::Expected<std::string> Planner::expand(llvm::StringRef word, const StageState& state, const Instruction& at,
                                            const Place& place) {
  auto expansion = expandWord(
      word, [&](llvm::StringRef name) { return state.env.find(name); }, place.triggered ? '\\' : dockerfile_.escape());
  if (!expansion) return wrong(at, place, messageOf(expansion.takeError()));
  return std::move(expansion->text);
}

SourceRange Planner::rangeOf(const Instruction& at, const Place& place) const {
  return at.range.known() && !place.triggered ? at.range : place.fallback;
}

std::string Planner::whereOf(const Instruction& at, const Place& place) const {
  return (dockerfile_.source().name() + ":" + llvm::Twine(rangeOf(at, place).firstLine())).str();
}

llvm::Error Planner::wrong(const Instruction& at, const Place& place, const llvm::Twine& message) const {
  return sourceFault(dockerfile_.source(), rangeOf(at, place), message);
}

llvm::Error Planner::notYet(const SourceRange& range, const llvm::Twine& what) const {
  return fault(FaultKind::Unsupported,
               messageOf(sourceFault(dockerfile_.source(), range, "not yet supported: " + what)));
}

/// Vertices get their final numbers: stage by stage in file order, so that names and reports follow the Dockerfile.
Plan Planner::finish(uint32_t target) {
  std::vector<VertexId> order(vertices_.size());
  for (VertexId i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](VertexId a, VertexId b) { return vertices_[a].stageIndex < vertices_[b].stageIndex; });
  std::vector<VertexId> renumbered(vertices_.size());
  for (VertexId i = 0; i < order.size(); ++i) renumbered[order[i]] = i;
  auto renumber = [&](std::optional<VertexId>& id) {
    if (id) id = renumbered[*id];
  };

  Plan plan;
  for (VertexId old : order) {
    Vertex vertex = std::move(vertices_[old]);
    vertex.id = renumbered[old];
    renumber(vertex.parent);
    for (VertexId& input : vertex.inputs) input = renumbered[input];
    if (auto* copy = std::get_if<CopyOp>(&vertex.op)) {
      renumber(copy->contextFiles);
      renumber(copy->from);
    }
    if (vertex.ordinal) vertex.step = plan.stepCount++;
    plan.vertices.push_back(std::move(vertex));
  }
  StageState& state = stages_[target].state;
  plan.result = state.files;
  renumber(plan.result);
  plan.target = stageLabel(target);
  plan.config = std::move(state.config);
  for (const auto& [name, value] : options_.labels) plan.config.labels[name] = value;
  plan.history = std::move(state.history);
  for (PlannedHistory& entry : plan.history) renumber(entry.vertex);

  std::optional<llvm::StringRef> epoch = globals_.find("SOURCE_DATE_EPOCH");
  if (auto given = options_.buildArgs.find("SOURCE_DATE_EPOCH"); given != options_.buildArgs.end())
    epoch = given->second;
  int64_t seconds = 0;
  if (epoch && !epoch->getAsInteger(10, seconds)) plan.sourceDateEpoch = seconds;
  return plan;
}

}  // namespace strata::builder
