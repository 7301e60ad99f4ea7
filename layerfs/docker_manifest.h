#pragma once
/// \file manifest.json of a docker archive: which files of it make an image. Source: docker image spec v1.2, Combined
/// Image JSON.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::layerfs {

/// One image of the archive. The paths are as the archive's maker wrote them: names to look up, never to open.
struct DockerManifestEntry {
  std::string config;               ///< path of the image configuration
  std::vector<std::string> names;   ///< not normalised; may be empty
  std::vector<std::string> layers;  ///< paths, bottom first
};

/// Faults: Invalid naming what is missing.
llvm::Expected<std::vector<DockerManifestEntry>> parseDockerManifest(llvm::StringRef json);

}  // namespace strata::layerfs
