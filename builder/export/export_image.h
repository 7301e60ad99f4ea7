#pragma once
/// \file From a solved plan to an image in the store: layers, history and times put into the configuration.
/// Source: spec CFG-8, CFG-12, HIST-15, HIST-16, SDE-6.

#include "builder/cache/record_store.h"
#include "builder/plan/plan.h"
#include "builder/solve/solver.h"
#include "layerfs/image_store.h"

#include <llvm/Support/Error.h>

namespace strata::builder {

/// The same plan over the same layers gives the same image on every call (CACHE-10): times are those of the layers'
/// making, or SOURCE_DATE_EPOCH where that is earlier.
llvm::Expected<layerfs::Image> exportImage(const Plan& plan, const SolveResult& solved, layerfs::Store& store,
                                           RecordStore& records);

}  // namespace strata::builder
