#pragma once
/// \file What is in an image, what it costs, and what the last build of it did: plain values, which analyzer/report
/// prints.

#include "analyzer/causes/invalidation.h"
#include "analyzer/image/efficiency.h"
#include "analyzer/image/image_source.h"
#include "analyzer/image/image_tree.h"
#include "analyzer/image/waste.h"
#include "layerfs/store.h"

#include <llvm/Support/Error.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct LayerReport {
  uint32_t position = 0;  ///< from 0, bottom first
  Digest diffId;
  std::string instruction;                  ///< history text, tidied as `history` shows it; may be empty
  std::optional<uint32_t> line;             ///< in the Dockerfile, where the journal knows
  uint64_t tarBytes = 0;                    ///< the uncompressed tar
  std::optional<uint64_t> compressedBytes;  ///< the blob, where one is known
  LayerCounts counts;
  uint32_t sharedWith = 0;                             ///< other local images that have this layer
  std::optional<builder::BuildStep::Outcome> outcome;  ///< in the last build; nothing: not of that build (base image)
  std::optional<StepReason> reason;
  int64_t nanoseconds = 0;  ///< that the step took in the last build
};

struct LargeFile {
  std::string path;
  uint64_t bytes = 0;
  uint32_t layer = 0;  ///< from 0
};

struct ImageReport {
  Digest id;
  std::vector<std::string> names;
  layerfs::Platform platform;
  uint64_t tarBytes = 0;                    ///< of all layers
  std::optional<uint64_t> compressedBytes;  ///< where every layer's is known
  uint64_t visibleFiles = 0;                ///< regular files as a container sees them
  uint64_t visibleBytes = 0;                ///< what is in them
  uint64_t sharedBytes = 0;                 ///< of tarBytes: layers that other local images have too
  std::vector<LayerReport> layers;
  Efficiency efficiency;
  Waste waste;
  std::vector<LargeFile> largest;       ///< visible files, largest first
  std::optional<builder::Build> build;  ///< the last build of this image, where the journal has it
};

/// What may be known beside the image. Null: nobody asks.
struct Surroundings {
  layerfs::Store* store = nullptr;
  builder::Journal* journal = nullptr;
  builder::TreeStore* trees = nullptr;
};
struct AnalysisOptions {
  size_t largest = 10;  ///< how many of the largest files to name
  /// What is shown of an instruction, in hints too, where that is not all of it (Redactor hides secrets).
  std::function<std::string(llvm::StringRef instruction)> shown;
};
struct Analysis {
  ImageReport report;
  ImageTree tree;
};

/// Reads the whole image once. Faults: as readImage(); those of store and journal.
llvm::Expected<Analysis> analyzeImage(ImageSource& source, const Surroundings& surroundings,
                                      const AnalysisOptions& options = {});

}  // namespace strata::analyzer
