#pragma once
/// \file `strata build --trace-reads`: has the sandbox tell what each RUN opens, and puts what comes of it into the
/// journal, under the RUN's key. Nothing here is part of a key, and nothing that goes wrong fails a build.

#include "builder/journal/step_reads.h"
#include "builder/solve/read_summary.h"
#include "layerfs/layer_store.h"
#include "runtime/sandbox/read_trace.h"
#include "support/database.h"
#include "support/progress.h"

#include <llvm/Support/Error.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// A step below a RUN with the layers that are its own, lowest first.
struct SourceStep {
  ReadSource step;
  std::vector<std::shared_ptr<layerfs::Layer>> layers;
};

/// One a build. Any thread.
class ReadTracer {
public:
  /// All are borrowed; `build`: the id of this build.
  ReadTracer(Database& database, ProgressSink& progress, std::string build)
      : database_(database), progress_(progress), build_(std::move(build)) {}

  /// A trace for a RUN on these layers. Null where none can be made, which is said once.
  std::unique_ptr<runtime::ReadTrace> begin(const std::vector<std::shared_ptr<layerfs::Layer>>& below);
  /// What the RUN opened, now that it has ended; `trace` may be null. Nothing where it was not traced.
  std::optional<runtime::OpenedPaths> end(runtime::ReadTrace* trace);
  /// Walks over the layers of the steps below, each once a build, and writes down what of them was opened.
  void keep(const Digest& key, llvm::ArrayRef<SourceStep> below, const runtime::OpenedPaths& opened);

private:
  using Files = std::shared_ptr<const LayerFiles>;
  llvm::Expected<Files> filesOf(layerfs::Layer& layer);
  llvm::Error tryKeep(const Digest& key, llvm::ArrayRef<SourceStep> below, const runtime::OpenedPaths& opened);
  void warn(llvm::Error error);

  Database& database_;
  ProgressSink& progress_;
  std::string build_;
  std::mutex mutex_;
  bool warned_ = false;
  std::map<layerfs::LayerId, Files> files_;
};

}  // namespace strata::builder
