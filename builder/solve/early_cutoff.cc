#include "builder/solve/early_cutoff.h"

#include "builder/solve/layer_tree.h"
#include "layerfs/empty_layer.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <future>

namespace strata::builder {

namespace {
/// How many records of a scope are looked at: each may cost a walk over its layer, once.
constexpr size_t kLooked = 2;
/// Of those whose shape is known to fit.
constexpr size_t kFitting = 4;

/// A layer that cannot be described is no reason to fail a step that worked.
llvm::Error orUnknown(llvm::Expected<Digest> tree, Digest& result) {
  if (tree) {
    result = *tree;
    return llvm::Error::success();
  }
  auto error = tree.takeError();
  if (kindOf(error) == FaultKind::Cancelled) return error;
  llvm::consumeError(std::move(error));
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<OutputAnswer> EarlyCutoff::compare(const OutputQuestion& question) {
  OutputAnswer answer;
  auto nothing = layerfs::holdsNothing(*question.layer);
  if (!nothing) return nothing.takeError();
  answer.nothing = *nothing;
  answer.rerunDiffers = question.rerun.has_value();
  auto candidates = candidatesFor(question);
  if (!candidates) return candidates.takeError();
  if (candidates->empty()) return answer;
  // Tars of the same bytes are one layer of the store.
  if (llvm::any_of(*candidates, [&](const Candidate& one) { return one.record.layer == question.layer->id(); })) {
    if (auto error = choose(*candidates, question, answer)) return error;
    return answer;
  }
  if (auto error = compareWith(*candidates, question, answer)) return error;
  return answer;
}

/// The nearest earlier run of this step first.
llvm::Expected<std::vector<EarlyCutoff::Candidate>> EarlyCutoff::candidatesFor(const OutputQuestion& question) {
  std::vector<Candidate> candidates;
  if (question.rerun)
    if (auto error = addCandidate(*question.rerun, true, question, candidates)) return error;
  auto add = [&](const Digest& scope, bool ownStep) -> llvm::Error {
    auto records = outputs_.find(scope, kLooked);
    if (!records) return records.takeError();
    for (const CacheRecord& record : *records)
      if (auto error = addCandidate(record, ownStep, question, candidates)) return error;
    return llvm::Error::success();
  };
  for (const Digest& scope : question.ownScopes)
    if (auto error = add(scope, true)) return error;
  if (auto error = add(question.parentScope, false)) return error;
  return candidates;
}

llvm::Error EarlyCutoff::addCandidate(const CacheRecord& record, bool ownStep, const OutputQuestion& question,
                                      std::vector<Candidate>& candidates) {
  bool known = llvm::any_of(candidates, [&](const Candidate& one) { return one.record.key == record.key; });
  bool otherFiles = question.tree && record.tree && question.tree != record.tree;
  if (known || otherFiles) return llvm::Error::success();
  auto layer = store_.layers().load(record.layer);
  if (!layer) {  // pruned meanwhile
    auto error = layer.takeError();
    return takeIf(error, FaultKind::NotFound) ? llvm::Error::success() : std::move(error);
  }
  candidates.push_back({record, std::move(*layer), {}, ownStep});
  return llvm::Error::success();
}

llvm::Error EarlyCutoff::addOfShape(const OutputQuestion& question, const Digest& shape,
                                    std::vector<Candidate>& candidates) {
  auto records = outputs_.findOfShape(question.parentScope, shape, kFitting);
  if (!records) return records.takeError();
  for (const CacheRecord& record : *records)
    if (auto error = addCandidate(record, false, question, candidates)) return error;
  return llvm::Error::success();
}

llvm::Error EarlyCutoff::compareWith(std::vector<Candidate>& candidates, const OutputQuestion& question,
                                     OutputAnswer& answer) {
  Digest& shape = answer.trees.shape;
  if (auto error = orUnknown(treeOfLayer(*question.layer, TreeDepth::Shape, trees_, cancel_), shape)) return error;
  if (!shape) return llvm::Error::success();
  for (Candidate& one : candidates)
    if (auto error = learn(one, TreeDepth::Shape)) return error;
  size_t looked = candidates.size();
  if (auto error = addOfShape(question, shape, candidates)) return error;
  for (Candidate& one : llvm::MutableArrayRef(candidates).drop_front(looked))
    if (auto error = learn(one, TreeDepth::Shape)) return error;
  auto own = llvm::find_if(candidates, [](const Candidate& one) { return one.ownStep && one.trees.shape; });
  std::optional<size_t> nearest;
  if (own != candidates.end()) nearest = own - candidates.begin();
  auto fits = [&](const Candidate& one) { return one.trees.shape == shape; };
  if (llvm::any_of(candidates, fits)) {
    if (auto error = compareContents(candidates, question, answer)) return error;
    if (auto error = choose(candidates, question, answer)) return error;
  }
  if (!nearest) return llvm::Error::success();
  const OutputTrees& before = candidates[*nearest].trees;
  bool byContent = before.shape == shape && before.content && answer.trees.content;
  answer.output = byContent ? answer.trees.content : shape;
  answer.earlierOutput = byContent ? before.content : before.shape;
  return llvm::Error::success();
}

/// Records may share a layer: what another one has found out is taken over.
llvm::Error EarlyCutoff::learn(Candidate& candidate, TreeDepth depth) {
  auto known = outputs_.trees(candidate.record.layer);
  if (!known) return known.takeError();
  candidate.trees = *known;
  Digest& root = depth == TreeDepth::Shape ? candidate.trees.shape : candidate.trees.content;
  if (root) return llvm::Error::success();
  if (auto error = orUnknown(treeOfLayer(*candidate.layer, depth, trees_, cancel_), root)) return error;
  return outputs_.putTrees(candidate.record.layer, candidate.trees);
}

/// Of the candidates that fit and the new layer; the first time both are read, side by side.
llvm::Error EarlyCutoff::compareContents(std::vector<Candidate>& candidates, const OutputQuestion& question,
                                         OutputAnswer& answer) {
  auto unread = [&](const Candidate& one) { return one.trees.shape == answer.trees.shape && !one.trees.content; };
  auto readAll = [&]() -> llvm::Error {
    for (Candidate& one : candidates)
      if (unread(one))
        if (auto error = learn(one, TreeDepth::Content)) return error;
    return llvm::Error::success();
  };
  auto theirs = std::async(llvm::any_of(candidates, unread) ? std::launch::async : std::launch::deferred, readAll);
  auto tree = treeOfLayer(*question.layer, TreeDepth::Content, trees_, cancel_);
  auto ours = orUnknown(std::move(tree), answer.trees.content);
  return llvm::joinErrors(std::move(ours), theirs.get());
}

llvm::Error EarlyCutoff::choose(const std::vector<Candidate>& candidates, const OutputQuestion& question,
                                OutputAnswer& answer) {
  for (const Candidate& one : candidates) {
    bool sameFiles = answer.trees.content && one.trees.content == answer.trees.content;
    if (!sameFiles && one.record.layer != question.layer->id()) continue;
    if (one.record.key == question.key) answer.rerunDiffers = false;
    auto onSameTree = outputs_.belongs(one.record.key, question.parentScope);
    if (!onSameTree) return onSameTree.takeError();
    bool better = !answer.equal || (*onSameTree && !answer.onSameTree);
    if (!better) continue;
    answer.equal = one.record;
    answer.layer = one.layer;
    answer.onSameTree = *onSameTree;
    answer.ownStep = one.ownStep;
  }
  return llvm::Error::success();
}

}  // namespace strata::builder
