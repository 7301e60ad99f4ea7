#include "builder/solve/hash_components.h"
#include "builder/solve/solver.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

using Kind = KeyComponent::Kind;
using Miss = BuildStep::Miss;
using Outcome = BuildStep::Outcome;

namespace {
/// A RUN whose key is only known when it is known what its mounts show.
bool needsContent(const Vertex& vertex) {
  const auto* run = vertex.as<RunOp>();
  return run && llvm::any_of(run->mounts, showsFiles);
}
}  // namespace

/// What came in over the edges, named for the record beside what the Dockerfile said.
void Solver::addInputComponents(const Vertex& vertex, Work& work) const {
  auto& components = work.step.components;
  auto stepOf = [&](std::optional<VertexId> id) { return id ? plan_.vertices[*id].step : std::nullopt; };
  if (vertex.as<RunOp>() || vertex.as<MkdirOp>() || vertex.as<CopyOp>())
    components.push_back({.kind = Kind::Parent, .value = parentOf(vertex).state.hex(), .step = stepOf(vertex.parent)});
  if (const auto* run = vertex.as<RunOp>()) addMountComponents(*run, work);
  if (plan_.sourceDateEpoch && (vertex.as<CopyOp>() || vertex.as<MkdirOp>()))
    components.push_back(
        {.kind = Kind::Option, .name = "SOURCE_DATE_EPOCH", .value = std::to_string(*plan_.sourceDateEpoch)});
  const auto* copy = vertex.as<CopyOp>();
  if (!copy || copy->sources.empty()) return;
  KeyComponent files{.kind = Kind::Files, .name = llvm::join(copy->sources, " ")};
  if (!copy->parts.empty()) {
    files.where = "outside";
  } else if (copy->contextFiles) {
    const Selection& selection = work_[*copy->contextFiles].result->selection;
    files.tree = work.tree = selection.tree;
    files.value = selection.tree.hex();
  } else if (copy->from) {
    files.step = stepOf(copy->from);
    files.where = plan_.vertices[*copy->from].stage;
  }
  components.push_back(std::move(files));
}

/// What comes from a stage counts by that stage's state.
Digest Solver::keyFromComponents(const Vertex& vertex, const Work& work) const {
  Hasher hasher;
  hasher.field("strata-key-1").field(vertex.instruction);
  hashComponents(work.step.components, hasher);
  if (const auto* copy = vertex.as<CopyOp>(); copy && copy->from)
    hasher.field("from").field(work_[*copy->from].result->state.raw());
  if (const auto* run = vertex.as<RunOp>())
    for (const PlannedMount& mount : run->mounts)
      if (showsFiles(mount) && mount.files)
        hasher.field("mount").field(mount.below).field(work_[*mount.files].result->state.raw());
  if (const auto* copy = vertex.as<CopyOp>())
    for (VertexId part : copy->parts) {
      const VertexResult& source = *work_[part].result;
      hasher.field("part").field(source.state.raw()).field(source.selection.tree.raw());
    }
  return hasher.finish();
}

/// Of a RUN, with what its mounts show in the place of where that comes from.
Digest Solver::keyOfContent(const Work& work) const {
  Hasher hasher;
  hasher.field("strata-run-content-1");
  hashComponents(work.step.components, hasher);
  return hasher.field(work.tree.raw()).finish();
}

/// A RUN that left no files has its effect elsewhere, if any: the same line once more is a step of its own.
Digest Solver::besideIdle(const Vertex& vertex, Digest key) const {
  while (vertex.as<RunOp>() && llvm::is_contained(parentOf(vertex).idle, key))
    key = Hasher().field("strata-again-1").field(key.raw()).finish();
  return key;
}

llvm::Expected<bool> Solver::lookUp(const Vertex& vertex, Work& work) {
  if (const auto* op = vertex.as<ImageOp>()) {
    auto image = store_.images().load(op->id);
    if (!image) return withContext(image.takeError(), op->canonical);
    VertexResult result;
    result.state = image->layers.empty() ? scratch_.state : layerfs::chainIdOf(image->config.diffIds).digest;
    result.layers = std::move(image->layers);
    if (options_.exchange) options_.exchange->onBase(result.layers);
    result.created = image->config.created.value_or(0);
    work.result = std::move(result);
    work.step.outcome = Outcome::Hit;
    return true;
  }
  if (vertex.as<ContextFilesOp>() || vertex.as<RemoteOp>()) return false;

  work.step.miss = usesCache(vertex) ? Miss::NoRecord : options_.noCache ? Miss::NoCache : Miss::NoCacheStage;
  if (isDeferred(vertex)) return false;
  work.alias = besideIdle(vertex, keyFromComponents(vertex, work));
  bool isKey = vertex.as<RunOp>() && !needsContent(vertex);
  if (isKey) work.step.key = work.key = work.alias;
  if (!usesCache(vertex)) return false;
  auto record = isKey ? findRecord(work.key) : findByAlias(work.alias);
  if (!record) return record.takeError();
  return takeRecord(vertex, work, *record);
}

/// The store's own first: what it knows needs nobody.
llvm::Expected<std::optional<CacheRecord>> Solver::findRecord(const Digest& key) {
  auto record = records_.find(key);
  if (!record || *record || !options_.exchange) return record;
  return options_.exchange->find(key);
}

llvm::Expected<std::optional<CacheRecord>> Solver::findByAlias(const Digest& alias) {
  auto record = records_.findByAlias(alias);
  if (!record || *record || !options_.exchange) return record;
  return options_.exchange->findByAlias(alias);
}

void Solver::tellCaches(const Vertex& vertex, const Work& work, std::shared_ptr<layerfs::Layer> layer,
                        const CacheRecord& record) {
  if (!options_.exchange) return;
  options_.exchange->onResult({.record = record,
                               .alias = work.alias,
                               .layer = std::move(layer),
                               .executed = work.step.outcome == Outcome::Executed,
                               .inImage = exported_[vertex.id]});
}

/// A record whose layer is gone is dropped on the way and counts as a miss: the step is simply done again.
llvm::Expected<bool> Solver::takeRecord(const Vertex& vertex, Work& work, std::optional<CacheRecord> record) {
  if (!record) return false;
  auto layer = store_.layers().load(record->layer);
  if (layer && options_.presentLayersOnly && (*layer)->form() == layerfs::LayerForm::Remote)
    layer = fault(FaultKind::NotFound, "its layer is elsewhere");
  if (!layer) {
    auto error = layer.takeError();
    if (kindOf(error) != FaultKind::NotFound) return error;
    std::string damage = options_.damageOf ? options_.damageOf(record->layer) : "";
    work.step.miss = damage.empty() ? Miss::LayerGone : Miss::Damaged;
    work.step.missReason = damage.empty() ? messageOf(std::move(error)) : damage;
    llvm::consumeError(std::move(error));
    using Removal = RecordRemoval::Kind;
    const RecordRemoval why{.kind = damage.empty() ? Removal::LayerGone : Removal::Damaged,
                            .at = nowNanoseconds(),
                            .reason = work.step.missReason};
    if (auto failed = records_.remove(record->key, why)) return failed;
    return false;
  }
  work.key = work.step.key = record->key;
  work.step.miss = Miss::None;
  work.step.missReason.clear();
  work.step.outcome = Outcome::Hit;
  work.step.recordedDuration = record->duration;
  takeLayer(vertex, work, std::move(*layer), *record);
  return true;
}

/// The record of a key that was only found by looking into the inputs; its alias finds it at once the next time.
llvm::Expected<bool> Solver::takeByKey(const Vertex& vertex, Work& work) {
  if (!usesCache(vertex)) return false;
  auto record = findRecord(work.key);
  if (!record) return record.takeError();
  auto taken = takeRecord(vertex, work, *record);
  if (!taken || !*taken) return taken;
  if (auto error = records_.putAlias(work.alias, work.key)) return error;
  return true;
}

/// Which files they were, for the journal: what they count in the key is settled by now.
void Solver::sayFiles(BuildStep& step, const Digest& tree) {
  for (KeyComponent& component : step.components) {
    if (component.kind != Kind::Files) continue;
    component.tree = tree;
    component.value = tree.hex();
  }
}

void Solver::takeLayer(const Vertex& vertex, Work& work, std::shared_ptr<layerfs::Layer> layer,
                       const CacheRecord& record) {
  const VertexResult& parent = parentOf(vertex);
  VertexResult result;
  if (record.output == noOutput()) {
    result.state = parent.state;
    result.idle = parent.idle;
    if (vertex.as<RunOp>()) result.idle.insert(result.idle.end(), {work.alias, work.key});
  } else {
    result.state = Hasher().field(parent.state.raw()).field(record.outputOrKey().raw()).finish();
  }
  result.layers = parent.layers;
  result.created = record.created;
  work.step.layer = layer->id().value;
  if (record.tree) sayFiles(work.step, record.tree);
  if (record.facts) work.step.components.push_back({.kind = Kind::Destination, .value = record.facts.hex()});
  tellCaches(vertex, work, layer, record);
  result.layers.push_back(std::move(layer));
  work.result = std::move(result);
}

}  // namespace strata::builder
