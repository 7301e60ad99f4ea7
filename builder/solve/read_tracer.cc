#include "builder/solve/read_tracer.h"

#include "layerfs/layer_stack.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <set>

namespace strata::builder {

using Layers = std::vector<std::shared_ptr<layerfs::Layer>>;

namespace {
/// Whether a path was in the tree of these layers, which are only opened when that is first asked. What cannot be told
/// counts as there.
class TreeBefore {
public:
  explicit TreeBefore(Layers layers) : layers_(std::move(layers)) {}

  bool has(llvm::StringRef path) {
    if (!isOpen_) open();
    if (!stack_) return true;
    auto found = stack_->find(path, layerfs::FinalLink::Keep);
    if (found) return found->has_value();
    llvm::consumeError(found.takeError());
    return true;
  }

private:
  void open() {
    isOpen_ = true;
    std::vector<std::unique_ptr<layerfs::LayerReader>> readers;
    for (const auto& layer : layers_) {
      auto reader = layer->reader();
      if (!reader) return llvm::consumeError(reader.takeError());
      readers.push_back(std::move(*reader));
    }
    stack_.emplace(std::move(readers));
  }

  Layers layers_;
  bool isOpen_ = false;
  std::optional<layerfs::LayerStack> stack_;
};
}  // namespace

void ReadTracer::warn(llvm::Error error) {
  std::string problem = messageOf(std::move(error));
  std::lock_guard lock(mutex_);
  if (!std::exchange(warned_, true)) progress_.onNotice("WARN: --trace-reads: " + problem);
}

std::unique_ptr<runtime::ReadTrace> ReadTracer::begin(const Layers& below) {
  auto before = std::make_shared<TreeBefore>(below);
  auto trace = runtime::ReadTrace::make([before](llvm::StringRef path) { return before->has(path); });
  if (trace) return std::move(*trace);
  warn(trace.takeError());
  return nullptr;
}

std::optional<runtime::OpenedPaths> ReadTracer::end(runtime::ReadTrace* trace) {
  if (!trace) return std::nullopt;
  auto opened = trace->finish();
  if (opened) return std::move(*opened);
  warn(opened.takeError());
  return std::nullopt;
}

void ReadTracer::keep(const Digest& key, llvm::ArrayRef<SourceStep> below, const runtime::OpenedPaths& opened) {
  if (auto error = tryKeep(key, below, opened)) warn(std::move(error));
}

/// A layer that stands twice in the tree counts where it stands last, as it does for the kernel.
llvm::Error ReadTracer::tryKeep(const Digest& key, llvm::ArrayRef<SourceStep> below,
                                const runtime::OpenedPaths& opened) {
  std::vector<SourceLayers> sources;
  std::set<layerfs::LayerId> seen;
  for (const SourceStep& step : llvm::reverse(below)) {
    SourceLayers& source = sources.emplace_back(SourceLayers{step.step, {}});
    for (const auto& layer : llvm::reverse(step.layers)) {
      if (!seen.insert(layer->id()).second) continue;
      auto files = filesOf(*layer);
      if (!files) return files.takeError();
      source.layers.push_back(std::move(*files));
    }
    std::reverse(source.layers.begin(), source.layers.end());
  }
  std::reverse(sources.begin(), sources.end());
  StepReads reads = summarizeReads(sources, opened);
  reads.build = build_;
  reads.traced = nowNanoseconds();
  auto store = ReadStore::open(database_);
  if (!store) return store.takeError();
  return (*store)->put(key, reads);
}

/// Two RUNs that ask at once may both walk: that costs time and nothing else.
llvm::Expected<ReadTracer::Files> ReadTracer::filesOf(layerfs::Layer& layer) {
  {
    std::lock_guard lock(mutex_);
    if (auto known = files_.find(layer.id()); known != files_.end()) return known->second;
  }
  auto made = LayerFiles::of(layer);
  if (!made) return withContext(made.takeError(), "list the files of a layer");
  std::lock_guard lock(mutex_);
  return files_.emplace(layer.id(), std::make_shared<const LayerFiles>(std::move(*made))).first->second;
}

}  // namespace strata::builder
