#include "builder/plan/planner.h"

#include "builder/plan/outline.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

/// STAGE-17: names that are often meant.
constexpr llvm::StringLiteral kWellKnownImages[] = {"alpine", "busybox", "centos", "debian",  "fedora",
                                                    "golang", "node",    "python", "scratch", "ubuntu"};

std::optional<uint32_t> Planner::findStage(llvm::StringRef name, uint32_t before, bool ignoreCase) const {
  for (uint32_t i = before; i-- > 0;) {
    const std::string& candidate = dockerfile_.stages[i].name;
    if (!candidate.empty() && (ignoreCase ? name.equals_insensitive(candidate) : name == candidate)) return i;
  }
  return std::nullopt;
}

llvm::Expected<ResolvedImage> Planner::resolveImage(llvm::StringRef written, const layerfs::Platform& platform,
                                                    const SourceRange& range) {
  auto reference = registry::parseReference(written);
  if (!reference)
    return sourceFault(dockerfile_.source(), range,
                       "failed to parse stage name \"" + written + "\": " + messageOf(reference.takeError()));
  auto image = resolve_(written, platform);
  if (image) return image;
  llvm::Error error = image.takeError();
  FaultKind kind = kindOf(error);
  if (kind == FaultKind::Cancelled || kind == FaultKind::Io) return error;
  std::vector<llvm::StringRef> names(std::begin(kWellKnownImages), std::end(kWellKnownImages));
  for (const Stage& stage : dockerfile_.stages)
    if (!stage.name.empty()) names.push_back(stage.name);
  llvm::StringRef name =
      written.contains('/') ? written : written.take_until([](char c) { return c == ':' || c == '@'; });
  return sourceFault(dockerfile_.source(), range,
                     written + ": " + messageOf(std::move(error)) + didYouMean(name, names), kind);
}

namespace {
/// How many of these ONBUILD triggers make a step.
uint32_t countSteps(llvm::ArrayRef<std::string> triggers) {
  return uint32_t(llvm::count_if(triggers, [](llvm::StringRef trigger) {
    llvm::StringRef word = trigger.ltrim().take_while([](char c) { return llvm::isAlpha(c); });
    return word.equals_insensitive("run") || word.equals_insensitive("copy") || word.equals_insensitive("add") ||
           word.equals_insensitive("workdir");
  }));
}
}  // namespace

/// STAGE-4: an earlier stage, scratch, a named context, or an image.
llvm::Error Planner::startFrom(const Stage& stage, Place& place, StageState& state,
                               std::vector<std::string>& triggers) {
  auto name = expandWord(
      stage.image, [&](llvm::StringRef n) { return globals_.find(n); }, dockerfile_.escape());
  if (!name) return sourceFault(dockerfile_.source(), stage.range, messageOf(name.takeError()));
  if (name->text.empty())
    return sourceFault(dockerfile_.source(), stage.range, "base name (" + stage.image + ") should not be blank");
  if (options_.outline) options_.outline->use(name->used);
  auto said = platformOf(stage);
  if (!said) return said.takeError();

  if (auto base = findStage(name->text, place.stageIndex, /*ignoreCase=*/false)) {
    auto parent = stateOf(*base);
    if (!parent) return parent.takeError();
    state = (*parent)->child();
    triggers = std::exchange(state.config.onBuild, {});
    place.count += countSteps(triggers);
    return llvm::Error::success();
  }
  if (name->text == "scratch") {
    state = StageState::fromScratch(target_.platform);
    return llvm::Error::success();
  }
  if (const NamedContext* context = namedContext(name->text, said->value_or(target_.platform))) {
    auto replaced = stageFromContext(*context, stage, *said, place, triggers);
    if (!replaced) return replaced.takeError();
    state = std::move(*replaced);
    return llvm::Error::success();
  }
  auto image = resolveImage(name->text, said->value_or(target_.platform), stage.range);
  if (!image) return image.takeError();
  noteBasePlatform(stage, name->text, image->config.platform, said->value_or(target_.platform));
  state = startFromImage(name->text, *image, stage, *said, place, triggers);
  return llvm::Error::success();
}

StageState Planner::startFromImage(llvm::StringRef written, const ResolvedImage& image, const Stage& stage,
                                   const std::optional<layerfs::Platform>& said, Place& place,
                                   std::vector<std::string>& triggers) {
  triggers = image.config.onBuild;
  place.count += 1 + countSteps(triggers);
  StageState state = StageState::fromImage(image.config, platformWith(said, image.config.platform));
  Instruction from{.name = "from", .keyword = stage.keyword, .text = stage.text, .range = stage.range};
  ImageOp op{.written = written.str(), .canonical = image.canonical, .id = image.id};
  state.files = addVertex(std::move(op), std::nullopt, place, from, state);
  Vertex& vertex = vertices_[*state.files];
  vertex.name = vertex.name.substr(0, vertex.name.find("] ") + 2) + "FROM " + image.canonical;
  vertex.base = identityOf(written, image, from, place);
  return state;
}

/// What a key says of an image that is named there.
std::shared_ptr<const KeyComponent> Planner::identityOf(llvm::StringRef written, const ResolvedImage& image,
                                                        const Instruction& at, const Place& place) const {
  return std::make_shared<const KeyComponent>(KeyComponent{
      .kind = KeyComponent::Kind::Base, .name = written.str(), .value = image.id.str(), .where = whereOf(at, place)});
}

VertexId Planner::addImage(llvm::StringRef written, const ResolvedImage& image, const Place& place) {
  Vertex& vertex = newVertex();
  vertex.op = ImageOp{.written = written.str(), .canonical = image.canonical, .id = image.id};
  vertex.stageIndex = place.stageIndex;
  vertex.stage = place.stage;
  vertex.instruction = "from";
  vertex.name = "FROM " + image.canonical;
  return vertex.id;
}

llvm::Expected<Planner::FilesFrom> Planner::resolveFrom(llvm::StringRef from, FromUser user, const Instruction& at,
                                                        Place& place) {
  uint32_t count = uint32_t(dockerfile_.stages.size());
  std::optional<uint32_t> stage = findStage(from, place.stageIndex, /*ignoreCase=*/true);
  uint32_t number = 0;
  if (!stage && user == FromUser::Copy && !from.getAsInteger(10, number)) {
    if (number >= count) return wrong(at, place, "invalid stage index " + from);
    stage = number;
  }
  if (!stage) stage = findStage(from, count, /*ignoreCase=*/true);
  if (stage && *stage > place.stageIndex && stages_[*stage].progress == StagePlan::UnderWay)
    return stateOf(*stage).takeError();  // it waits for us (STAGE-13)
  if (stage && *stage >= place.stageIndex)
    return wrong(at, place,
                 "cannot " + llvm::Twine(user == FromUser::Copy ? "copy" : "mount") + " from stage \"" + from +
                     "\", it needs to be defined before current stage \"" + place.stage + "\"");
  if (stage) {
    auto state = stateOf(*stage);
    if (!state) return state.takeError();
    return FilesFrom{.vertex = (*state)->files};
  }
  if (from == "scratch") return FilesFrom{};
  if (const NamedContext* context = namedContext(from, target_.platform))
    return filesFromContext(*context, from, user, at, place);
  auto image = resolveImage(from, target_.platform, rangeOf(at, place));
  if (!image) return image.takeError();
  return FilesFrom{.vertex = addImage(from, *image, place), .base = identityOf(from, *image, at, place)};
}

}  // namespace strata::builder
