#pragma once
/// \file Dockerfile -> Plan: stages chosen by the target, names and variables resolved, triggers applied. Looks at
/// nothing but the configurations of base images, which the resolver brings. Source: spec STAGE, ARG, ENV, ONBUILD,
/// CFG, HIST, PROG.

#include "builder/frontend/instruction.h"
#include "builder/plan/plan.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <map>
#include <string>
#include <vector>

namespace strata::builder {

struct PlanOptions {
  layerfs::Platform platform = layerfs::hostPlatform();  ///< of the result; stages may say otherwise
  std::string target;
  std::map<std::string, std::string> buildArgs;
  std::vector<std::pair<std::string, std::string>> labels;  ///< --label, applied last (LABEL-3)
  std::string network = "default";
  std::vector<std::string> extraHosts;
};

struct ResolvedImage {
  Digest id;
  std::string canonical;
  layerfs::ImageConfig config;
};
/// Faults NotFound if there is no such image here.
using ImageResolver = llvm::function_ref<llvm::Expected<ResolvedImage>(llvm::StringRef reference)>;

/// Faults: Invalid with an excerpt; NotFound for an image; Unsupported ("not yet") naming line and feature.
llvm::Expected<Plan> makePlan(const Dockerfile& dockerfile, const PlanOptions& options, ImageResolver resolve);

}  // namespace strata::builder
