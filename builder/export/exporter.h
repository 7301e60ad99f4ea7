#pragma once
/// \file One output made of a result: an image in the store, a layout, a directory, a tar.

#include "builder/export/output_spec.h"
#include "builder/export/platform_result.h"
#include "layerfs/descriptor.h"
#include "layerfs/store.h"
#include "registry/client.h"
#include "support/cancel.h"
#include "support/progress.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// What every exporter gets.
struct ExportJob {
  const OutputSpec& spec;
  llvm::ArrayRef<PlatformResult> results;  ///< one a platform, in the order asked for
  bool asIndex = false;                    ///< the result is an index, be it of one platform
  std::optional<int64_t> epoch;            ///< SOURCE_DATE_EPOCH, seconds
  layerfs::Store& store;
  ByteSink* standardOutput = nullptr;    ///< for the destination "-"
  registry::Client* registry = nullptr;  ///< to push through; null: there is none
  ProgressSink* progress = nullptr;
};

/// The image that came about.
struct ExportedImage {
  std::vector<Digest> configs;     ///< one a platform
  layerfs::Descriptor descriptor;  ///< of the manifest, or of the index
  std::vector<std::string> names;
  std::vector<std::string> repositories;  ///< that it was pushed to
  /// What names it: the configuration of a single image, else the index.
  Digest id() const { return layerfs::media::isIndex(descriptor.mediaType) ? descriptor.digest : configs.front(); }
};

llvm::Expected<ExportedImage> exportToStore(const ExportJob& job);
/// oci and docker outputs with a destination.
llvm::Expected<ExportedImage> exportLayout(const ExportJob& job);
/// Into the registries that the names are in; every layer compressed. Faults: as registry::pushBlobs, naming the
/// repository.
llvm::Expected<ExportedImage> exportByPushing(const ExportJob& job, const CancelToken& cancel);
[[nodiscard]] llvm::Error exportLocal(const ExportJob& job);
[[nodiscard]] llvm::Error exportTar(const ExportJob& job);

/// Local and tar: the directory of one platform's files, "linux_arm_v7", or "" where they go straight into the
/// destination (OUT-16).
std::string directoryFor(const ExportJob& job, const PlatformResult& result);
/// Faults: Invalid where two platforms would write one path ("cannot overwrite").
[[nodiscard]] llvm::Error checkNoOverwriting(const ExportJob& job);

/// Writes a file by way of one beside it, so that a failure leaves what was there; "-" is standard output, and a device
/// or a pipe is written to and not replaced.
[[nodiscard]] llvm::Error writeDestination(const ExportJob& job,
                                           llvm::function_ref<llvm::Error(ByteSink& sink)> produce);

}  // namespace strata::builder
