#pragma once
/// \file The flags of `strata build` that say what is made of the result, and the files that tell a caller about it.
/// Source: spec OUT-1 to OUT-3, OUT-17, OUT-20, OUT-21, ANN-1, CLI-10, CLI-11.

#include "builder/build.h"
#include "cli/options.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

struct BuildOutputOptions {
  std::vector<std::string> outputs, annotations, attestations, tags;
  std::string iidFile, metadataFile, provenance, sbom, compression, level;
  bool load = false, push = false, squash = false, forceCompression = false;
};

void declareOutputOptions(Options& declared, BuildOutputOptions& options);

/// Fills in tags, outputs and squash; `request.entitlements` is known. Faults: Invalid; Unsupported.
[[nodiscard]] llvm::Error readOutputOptions(const BuildOutputOptions& options, builder::BuildRequest& request);

/// Writes --iidfile and --metadata-file.
[[nodiscard]] llvm::Error writeResultFiles(const BuildOutputOptions& options, const builder::BuildResult& result);

}  // namespace strata::cli
