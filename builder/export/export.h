#pragma once
/// \file Everything that was asked to be made of one build's result. Source: spec OUT-1, SDE-6 to SDE-8.

#include "builder/export/exporter.h"
#include "support/progress.h"

#include <llvm/Support/Error.h>

#include <functional>
#include <optional>
#include <string>

namespace strata::builder {

struct ExportRequest {
  llvm::ArrayRef<OutputSpec> outputs;
  bool squash = false;
  ByteSink* standardOutput = nullptr;
  registry::Client* registry = nullptr;  ///< for outputs that are pushed
  /// What the configuration of an image with these layers is to carry beside; nothing: none.
  std::function<std::string(llvm::ArrayRef<layerfs::DiffId>)> inlineCache = {};
};

/// What the outputs leave.
struct Exported {
  std::optional<ExportedImage> image;                        ///< of the last image output
  std::optional<Digest> stored;                              ///< the image in the store, if one was put there
  std::vector<std::string> names;                            ///< for it
  std::optional<std::map<std::string, std::string>> labels;  ///< its own, where it is a single image
};

/// All outputs, in the order asked for; the first that fails ends it. What the store got is not named yet.
llvm::Expected<Exported> exportResults(const ExportRequest& request, const Plan& plan, const SolveResult& solved,
                                       RecordStore& records, layerfs::Store& store, ProgressSink& progress,
                                       const CancelToken& cancel);

}  // namespace strata::builder
