#pragma once
/// \file What a solved plan leaves for each platform: layers, and the configuration with history and times put in.
/// Every exporter starts from these. Source: spec CFG-8 to CFG-12, HIST-15, HIST-16, SDE-6.

#include "builder/cache/record_store.h"
#include "builder/plan/plan.h"
#include "builder/solve/solver.h"
#include "layerfs/image_config.h"
#include "layerfs/layer_store.h"

#include <llvm/Support/Error.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

struct PlatformResult {
  layerfs::Platform platform;                           ///< that was asked for
  layerfs::ImageConfig config;                          ///< whole but for diffIds
  std::vector<std::shared_ptr<layerfs::Layer>> layers;  ///< bottom first
  size_t baseLayers = 0;                                ///< how many of them came with the base image
  std::optional<Digest> base;                           ///< the base image's id; nothing: scratch
  /// What a manifest says about single layers, by their place; may be shorter than `layers`.
  std::vector<std::map<std::string, std::string>> layerAnnotations;
};

/// One a platform, in the plan's order. The same plan over the same layers gives the same results on every call
/// (CACHE-10): times are those of the layers' making, or `epoch` (SOURCE_DATE_EPOCH in seconds) where
/// that is earlier. Faults: Invalid for a configuration without os or architecture (CFG-9); Io.
llvm::Expected<std::vector<PlatformResult>> platformResults(const Plan& plan, const SolveResult& solved,
                                                            RecordStore& records, std::optional<int64_t> epoch);

}  // namespace strata::builder
