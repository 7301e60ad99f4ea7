#include "builder/solve/run_roots.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

namespace {
/// As many as stages that run beside each other; each has an open file for every layer of its stack.
constexpr size_t kMostKept = 8;
}  // namespace

/// A layer that comes twice in a row adds nothing the second time.
std::vector<layerfs::LayerId> RunRoots::idsOf(const Layers& layers) {
  std::vector<layerfs::LayerId> ids;
  for (const std::shared_ptr<layerfs::Layer>& layer : layers)
    if (ids.empty() || ids.back() != layer->id()) ids.push_back(layer->id());
  return ids;
}

std::optional<RunRoot> RunRoots::take(const Layers& layers) {
  auto wanted = idsOf(layers);
  std::lock_guard lock(mutex_);
  auto found = llvm::find_if(kept_, [&](const Kept& one) { return one.layers == wanted; });
  if (found == kept_.end()) return std::nullopt;
  RunRoot root = std::move(found->root);
  kept_.erase(found);
  return root;
}

void RunRoots::keep(const Layers& layers, RunRoot root) {
  std::optional<Kept> oldest;  // unmounted after the lock is free
  std::lock_guard lock(mutex_);
  kept_.push_back({idsOf(layers), std::move(root)});
  if (kept_.size() <= kMostKept) return;
  oldest = std::move(kept_.front());
  kept_.pop_front();
}

}  // namespace strata::builder
