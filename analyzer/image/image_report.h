#pragma once
/// \file What is in an image, layer by layer, and what the last build of it did.

#include "analyzer/causes/invalidation.h"
#include "layerfs/image_store.h"

#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct LayerReport {
  uint32_t position = 0;  ///< from 0, bottom first
  Digest diffId;
  std::string instruction;       ///< history text, tidied as `history` shows it
  std::optional<uint32_t> line;  ///< in the Dockerfile, where the journal knows
  uint64_t tarBytes = 0;         ///< the uncompressed tar
  uint64_t fileBytes = 0;        ///< sum of file sizes
  uint64_t files = 0, directories = 0, links = 0;
  uint64_t added = 0, modified = 0, removed = 0;       ///< paths, against the layers below
  std::optional<builder::BuildStep::Outcome> outcome;  ///< in the last build; nothing: not of that build (base image)
  std::optional<StepReason> reason;
  int64_t seconds = 0;  ///< nanoseconds that the step took in the last build
};

struct ImageReport {
  Digest id;
  std::vector<std::string> names;
  uint64_t tarBytes = 0;
  std::vector<LayerReport> layers;
  std::optional<builder::Build> build;  ///< the last build of this image, where the journal has it
};

llvm::Expected<ImageReport> analyzeImage(const layerfs::Image& image, builder::Journal& journal,
                                         builder::TreeStore& trees);
std::string printImageReport(const ImageReport& report);
llvm::json::Value toJson(const ImageReport& report);  ///< schema version in member "schema"

}  // namespace strata::analyzer
