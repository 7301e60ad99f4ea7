#pragma once
/// \file What `strata build` says of the means of RUN steps: limits, entitlements, agents. Source: spec CLI-2, CLI-5 to
/// CLI-7, CLI-13.

#include "builder/settings/run_settings.h"
#include "cli/options.h"

#include <llvm/Support/Error.h>

#include <set>
#include <string>
#include <vector>

namespace strata::cli {

struct ResourceOptions {
  std::vector<std::string> allow, resources, ssh, ulimits;
  std::string cgroupParent, shmSize;
  std::string memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems;  ///< the older spelling
};

void declareResourceOptions(Options& declared, ResourceOptions& options);
/// Faults: Invalid; for agents also NotFound and Denied.
llvm::Expected<builder::RunSettings> runSettingsFor(const ResourceOptions& options);
/// Faults: Invalid for an entitlement that there is not.
llvm::Expected<std::set<std::string>> entitlementsOf(const ResourceOptions& options);
/// "name:ip" or "name=ip", the address perhaps in brackets, or host-gateway -> "name:ip". Faults: Invalid.
llvm::Expected<std::string> hostLineOf(llvm::StringRef text);

}  // namespace strata::cli
