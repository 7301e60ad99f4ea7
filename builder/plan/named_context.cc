#include "builder/plan/planner.h"

#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

using ContextKind = NamedContext::Kind;

const NamedContext* Planner::namedContext(llvm::StringRef name, const layerfs::Platform& platform) const {
  return options_.contexts.find(name, platform);
}

/// Nothing: docker-image://scratch, which has no files and no configuration (NCTX-7).
llvm::Expected<std::optional<ResolvedImage>> Planner::imageOfContext(const NamedContext& context,
                                                                     const layerfs::Platform& platform,
                                                                     const SourceRange& range) {
  if (context.value == "scratch") return std::nullopt;
  auto image = context.kind == ContextKind::Image ? resolveImage(context.value, platform, range)
                                                  : resolve_(context.value, platform);
  if (image) return std::move(*image);
  auto error = image.takeError();
  if (context.kind == ContextKind::Image) return error;
  FaultKind kind = kindOf(error);
  return fault(kind, messageOf(sourceFault(dockerfile_.source(), range, messageOf(std::move(error)))));
}

llvm::Expected<StageState*> Planner::stageOfContext(const NamedContext& context, const SourceRange& range) {
  auto stage = findStage(context.value, uint32_t(dockerfile_.stages.size()), /*ignoreCase=*/true);
  if (stage) return stateOf(*stage);
  std::vector<llvm::StringRef> names;
  for (const Stage& one : dockerfile_.stages)
    if (!one.name.empty()) names.push_back(one.name);
  return sourceFault(dockerfile_.source(), range,
                     "build context " + context.key + ": target \"" + context.value + "\" could not be found" +
                         didYouMean(context.value, names, true));
}

/// What a stage has that is FROM such a context, or is replaced by it.
llvm::Expected<StageState> Planner::stageFromContext(const NamedContext& context, const Stage& stage,
                                                     const std::optional<layerfs::Platform>& said, Place& place,
                                                     std::vector<std::string>& triggers) {
  if (context.kind == ContextKind::Target) {
    auto target = stageOfContext(context, stage.range);
    if (!target) return target.takeError();
    StageState state = (*target)->child();
    triggers = std::exchange(state.config.onBuild, {});
    return state;
  }
  StageState state = StageState::fromScratch(target_.platform);
  if (context.kind == ContextKind::Directory || context.kind == ContextKind::Remote) {
    state.files = contextTree(context, stage.range);
    return state;
  }
  auto image = imageOfContext(context, said.value_or(target_.platform), stage.range);
  if (!image) return image.takeError();
  if (!*image) return state;
  return startFromImage(context.key, **image, stage, said, place, triggers);
}

llvm::Expected<Planner::FilesFrom> Planner::filesFromContext(const NamedContext& context, llvm::StringRef written,
                                                             FromUser user, const Instruction& at, Place& place) {
  SourceRange range = rangeOf(at, place);
  switch (context.kind) {
    case ContextKind::Target: {
      auto target = stageOfContext(context, range);
      if (!target) return target.takeError();
      return FilesFrom{.vertex = (*target)->files};
    }
    case ContextKind::Directory:
      if (user == FromUser::Copy) return FilesFrom{.context = context.key};
      return FilesFrom{.vertex = contextTree(context, range)};
    case ContextKind::Remote:
      return FilesFrom{.vertex =
                           user == FromUser::Copy ? remoteFiles(*context.remote, range) : contextTree(context, range)};
    default:
      break;
  }
  auto image = imageOfContext(context, target_.platform, range);
  if (!image) return image.takeError();
  if (!*image) return FilesFrom{};
  return FilesFrom{.vertex = addImage(written, **image, place), .base = identityOf(written, **image, at, place)};
}

/// All files of a context as one layer over nothing, for those who stand on it or mount it.
VertexId Planner::contextTree(const NamedContext& context, SourceRange range) {
  if (auto known = contextTrees_.find(context.key); known != contextTrees_.end()) return known->second;
  VertexId files =
      context.remote ? remoteFiles(*context.remote, range) : contextFiles({{std::string(".")}, {}, false, context.key});
  CopyOp op{.text = "context " + context.key, .parts = {files}, .sources = {context.key}};
  op.destination = "/";
  op.destinationIsDirectory = true;
  Vertex& vertex = newVertex();
  vertex.op = std::move(op);
  vertex.inputs = {files};
  vertex.stage = "internal";
  vertex.instruction = "context";
  vertex.name = "[context " + context.key + "]";
  vertex.range = range;
  return contextTrees_[context.key] = vertex.id;
}

}  // namespace strata::builder
