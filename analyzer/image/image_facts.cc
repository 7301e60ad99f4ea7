/// \file What image_source.h tells of a configuration alone.

#include "analyzer/image/image_source.h"

namespace strata::analyzer {

ImageFacts factsOf(const Digest& id, layerfs::ImageConfig config) {
  ImageFacts facts{.id = id, .manifest = {}, .names = {}, .config = std::move(config), .layers = {}};
  for (const layerfs::DiffId& diffId : facts.config.diffIds) facts.layers.emplace_back().diffId = diffId.digest;
  // The n-th entry that made a layer made the n-th layer. Source: OCI image-spec v1.1, config.md, history.
  auto layer = facts.layers.begin();
  for (const layerfs::HistoryEntry& entry : facts.config.history) {
    if (entry.emptyLayer) continue;
    if (layer == facts.layers.end()) break;  // as some converters write it
    layer++->createdBy = entry.createdBy.empty() ? entry.comment : entry.createdBy;
  }
  return facts;
}

}  // namespace strata::analyzer
