#pragma once
/// \file Dockerfile -> Plan: stages chosen by the target, names and variables resolved, triggers applied. Looks at
/// nothing but the configurations of base images, which the resolver brings. Source: spec STAGE, ARG, ENV, ONBUILD,
/// CFG, HIST, PROG.

#include "builder/context/glob.h"
#include "builder/context/named_contexts.h"
#include "builder/frontend/instruction.h"
#include "builder/lint/lint_report.h"
#include "builder/plan/plan.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::builder {
class OutlineRecorder;

struct PlanOptions {
  /// --platform: the Dockerfile is read once for each. None: this machine's, or that of a base image (PLAT-8).
  std::vector<layerfs::Platform> platforms;
  std::vector<layerfs::Platform> runnable = {layerfs::hostPlatform()};  ///< that programs of can run here
  std::string target;
  std::map<std::string, std::string> buildArgs;
  std::vector<std::pair<std::string, std::string>> labels;  ///< --label, applied last (LABEL-3)
  std::string network = "default";
  std::vector<std::string> extraHosts;
  std::set<std::string> entitlements;     ///< --allow: "network.host", "security.insecure"
  bool allStages = false;                 ///< also those that the target does not need, to be looked at (CALL-1)
  LintReport* lint = nullptr;             ///< hears what the build checks find
  const IgnoreMatcher* ignore = nullptr;  ///< the build context's .dockerignore, for the checks
  OutlineRecorder* outline = nullptr;     ///< hears of arguments, secrets and SSH sockets
  NamedContexts contexts;                 ///< --build-context
  /// Times that SOURCE_DATE_EPOCH may name, seconds since 1970; nothing where there is none (SDE-3).
  using SourceTime = llvm::Expected<std::optional<int64_t>>;
  std::function<SourceTime()> contextTime;
  std::function<SourceTime(const RemoteReference&)> remoteTime;
};

struct ResolvedImage {
  Digest id;
  std::string canonical;
  layerfs::ImageConfig config;
};
/// Of an image of several platforms the one that runs on `platform`; one that is of a single platform is given whatever
/// that is. Faults NotFound if there is no such image here.
using ImageResolver =
    llvm::function_ref<llvm::Expected<ResolvedImage>(llvm::StringRef reference, const layerfs::Platform& platform)>;

/// The plan for every platform in one, what they share once. Faults: Invalid with an excerpt (SourceFault), several
/// that do not follow from each other joined; NotFound for an image; Unsupported ("not yet") naming line and feature.
llvm::Expected<Plan> makePlan(const Dockerfile& dockerfile, const PlanOptions& options, ImageResolver resolve);

}  // namespace strata::builder
