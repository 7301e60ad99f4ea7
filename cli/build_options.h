#pragma once
/// \file What the command line of `strata build` says: the flags (spec CLI-2), and the request that they make.

#include "builder/build.h"
#include "cli/build_outputs.h"
#include "cli/build_resources.h"
#include "cli/options.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

struct BuildOptions {
  std::vector<std::string> buildArgs, labels, addHosts, secrets, noCacheFilters, platforms, contexts, policies,
      cacheFrom, cacheTo;
  std::string file, target, progress, network = "default", plan, simulate, call = "build";
  BuildOutputOptions outputs;
  ResourceOptions resources;
  bool assertCached = false, noCache = false, pull = false, quiet = false, check = false, debug = false,
       traceReads = false;
};

void declareBuildOptions(Options& declared, BuildOptions& options);
/// Everything checked that can be without looking at the context. Faults: Invalid, Unsupported.
llvm::Expected<builder::BuildRequest> requestFor(const BuildOptions& options, llvm::StringRef context);

}  // namespace strata::cli
