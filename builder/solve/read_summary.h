#pragma once
/// \file From the paths that a RUN opened to what it read of each step before it. Pure arithmetic over lists of names.

#include "builder/journal/step_reads.h"
#include "builder/solve/layer_files.h"
#include "runtime/sandbox/read_trace.h"

#include <llvm/ADT/ArrayRef.h>

#include <memory>
#include <vector>

namespace strata::builder {

/// A step below a RUN and the layers that are its own.
struct SourceLayers {
  ReadSource step;                                        ///< who it is; nothing counted yet
  std::vector<std::shared_ptr<const LayerFiles>> layers;  ///< lowest first
};

/// `below`: lowest first. Of what comes back, `sources`, `listed` and `incomplete` are filled. Paths that were not
/// there before the RUN (its own files) count for nothing. Memory: about 100 bytes for each name in all layers but the
/// lowest.
StepReads summarizeReads(llvm::ArrayRef<SourceLayers> below, const runtime::OpenedPaths& opened);

}  // namespace strata::builder
