#include "builder/export/merged_files.h"

namespace strata::builder {

llvm::Expected<layerfs::LayerStack> mergedFiles(const PlatformResult& result) {
  std::vector<std::unique_ptr<layerfs::LayerReader>> readers;
  for (const std::shared_ptr<layerfs::Layer>& layer : result.layers) {
    auto reader = layer->reader();
    if (!reader) return reader.takeError();
    readers.push_back(std::move(*reader));
  }
  return layerfs::LayerStack(std::move(readers));
}

}  // namespace strata::builder
