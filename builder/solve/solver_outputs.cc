// What becomes of the layer that a step has made: it is kept under the step's key, or gives way to an earlier one that
// holds the same files.

#include "builder/solve/solver.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <utility>

namespace strata::builder {

using Kind = KeyComponent::Kind;

llvm::Error Solver::keepResult(const Vertex& vertex, Work& work, std::shared_ptr<layerfs::Layer> layer, int64_t began) {
  int64_t now = nowNanoseconds();
  Kept kept{.record = {.key = work.key,
                       .layer = layer->id(),
                       .created = now,
                       .duration = now - began,
                       .tree = work.tree,
                       .facts = work.facts},
            .layer = layer};
  if (auto error = settleOutput(vertex, work, kept)) return error;
  if (auto error = writeDown(vertex, work, kept)) return error;
  // A tar may be the layer of others as well, who came by the same bytes: if not, the next sweep takes it.
  bool surplus = kept.record.layer != layer->id() && layer->form() == layerfs::LayerForm::Dir;
  if (surplus) workers_.background([this, id = layer->id()] { llvm::consumeError(store_.layers().remove(id)); });
  work.step.outcome = BuildStep::Outcome::Executed;
  if (exported_[vertex.id])  // hashed beside the steps that follow; export finds the answer
    workers_.background([layer = kept.layer] { llvm::consumeError(layer->tarIdentity().takeError()); });
  takeLayer(vertex, work, std::move(kept.layer), kept.record);
  return llvm::Error::success();
}

/// Early cutoff. On the same tree, an earlier layer with the same files stands for the new one in everything. On
/// another tree it only does where nothing runs above it: a RUN would see its files older than those they were made of,
/// which make(1) and its like go by.
llvm::Error Solver::settleOutput(const Vertex& vertex, Work& work, Kept& kept) {
  if (!vertex.step) return llvm::Error::success();
  auto question = questionOf(vertex, work, kept);
  if (!question) return question.takeError();
  auto answer = cutoff_.compare(*question);
  if (!answer) return answer.takeError();
  CacheRecord& record = kept.record;
  if (answer->equal) {
    work.step.unchanged = answer->ownStep || !answer->nothing;  // all new steps that leave nothing are alike
    record.output = answer->equal->outputOrKey();
    if (answer->onSameTree || !runsLater_[vertex.id]) {
      record.layer = answer->equal->layer;
      if (answer->ownStep) record.created = answer->equal->created;
      kept.layer = answer->layer;
      return llvm::Error::success();
    }
  } else {
    work.step.output = answer->output;
    work.step.earlierOutput = answer->earlierOutput;
    // What stood on the earlier run's files does not stand on these.
    if (answer->rerunDiffers)
      record.output = Hasher()
                          .field("strata-rerun-1")
                          .field(work.key.raw())
                          .number(uint64_t(record.layer.value))
                          .number(uint64_t(record.created))
                          .finish();
    if (answer->nothing) record.output = noOutput();
  }
  return answer->trees.shape ? outputs_.putTrees(record.layer, answer->trees) : llvm::Error::success();
}

llvm::Expected<OutputQuestion> Solver::questionOf(const Vertex& vertex, const Work& work, const Kept& kept) {
  OutputQuestion question{.layer = kept.layer,
                          .key = work.key,
                          .parentScope = parentScopeOf(vertex),
                          .ownScopes = ownScopesOf(vertex, work)};
  const auto* copy = vertex.as<CopyOp>();
  if (copy && !copy->unpack && !copy->unpackRemote) question.tree = work.tree;  // other archives may hold the same
  if (usesCache(vertex)) return question;
  auto rerun = records_.find(work.key);
  if (!rerun) return rerun.takeError();
  question.rerun = *rerun;
  return question;
}

/// Two steps of one key may run side by side, here or in another process: the first to end is what the cache will give
/// from now on, so that it is what both must be. The transaction keeps the others out.
llvm::Error Solver::writeDown(const Vertex& vertex, Work& work, Kept& kept) {
  std::vector<Digest> scopes;
  if (vertex.step) scopes = ownScopesOf(vertex, work);
  if (vertex.step) scopes.push_back(parentScopeOf(vertex));
  return store_.database().transact([&]() -> llvm::Error {
    int64_t now = nowNanoseconds();
    auto first = kept_.find(work.key);
    if (first != kept_.end()) {
      kept = first->second;
    } else {
      auto faster = usesCache(vertex) ? writtenMeanwhile(work.key) : std::optional<Kept>();
      if (!faster) return faster.takeError();
      if (*faster)
        kept = std::move(**faster);
      else if (auto error = records_.put(kept.record, now))
        return error;
      kept_.emplace(work.key, kept);
    }
    if (auto error = outputs_.note(work.key, scopes, now)) return error;
    return work.alias == work.key ? llvm::Error::success() : records_.putAlias(work.alias, work.key);
  });
}

llvm::Expected<std::optional<Solver::Kept>> Solver::writtenMeanwhile(const Digest& key) {
  auto record = records_.find(key);
  if (!record) return record.takeError();
  if (!*record) return std::nullopt;
  auto layer = store_.layers().load((*record)->layer);
  if (layer) return Kept{**record, std::move(*layer)};
  auto error = layer.takeError();
  if (!takeIf(error, FaultKind::NotFound)) return error;
  return std::nullopt;
}

namespace {
/// Builds that differ in SOURCE_DATE_EPOCH give their files different times, so they stay apart.
Hasher scopeHasher(llvm::StringRef kind, const Plan& plan) {
  Hasher hasher;
  hasher.field("strata-scope-1").field(kind).number(plan.sourceDateEpoch.has_value());
  hasher.number(uint64_t(plan.sourceDateEpoch.value_or(0)));
  return hasher;
}

llvm::StringRef valueOf(llvm::ArrayRef<KeyComponent> components, Kind kind) {
  auto found = llvm::find_if(components, [&](const KeyComponent& component) { return component.kind == kind; });
  return found == components.end() ? "" : llvm::StringRef(found->value);
}
}  // namespace

Digest Solver::parentScopeOf(const Vertex& vertex) const {
  return scopeHasher("tree", plan_).field(parentOf(vertex).state.raw()).finish();
}

/// The step at this place of its stage, and the one with these words.
std::vector<Digest> Solver::ownScopesOf(const Vertex& vertex, const Work& work) const {
  auto scope = [&](llvm::StringRef kind) {
    Hasher hasher = scopeHasher(kind, plan_);
    hasher.field(options_.project).field(vertex.stage).field(vertex.instruction);
    hasher.field(valueOf(work.step.components, Kind::Platform));
    return hasher;
  };
  return {scope("words").field(valueOf(work.step.components, Kind::Instruction)).finish(),
          scope("place").number(vertex.ordinal).finish()};
}

}  // namespace strata::builder
