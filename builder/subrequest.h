#pragma once
/// \file Questions about a Dockerfile that are answered without building: `strata build --check` and `--call`. Source:
/// spec CALL.

#include "builder/build.h"
#include "builder/lint/lint_report.h"
#include "builder/plan/outline.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::builder {

/// CALL-1. An `error` is what would end a build before its first step; success if nothing does.
struct CheckAnswer {
  std::shared_ptr<const SourceText> source;
  LintReport report;
  llvm::Error error;
};
/// Every stage is looked at, or, with a target, those that it needs. Faults: those of the context alone.
llvm::Expected<CheckAnswer> checkBuild(const BuildRequest& request, layerfs::Store& store);

struct OutlineAnswer {
  std::shared_ptr<const SourceText> source;
  Outline outline;
};
/// CALL-3. Base images need not be there: what they set counts as unset. Faults: as a build's plan.
llvm::Expected<OutlineAnswer> outlineBuild(const BuildRequest& request, layerfs::Store& store);

struct TargetInfo {
  std::string name;         ///< of the stage, empty: unnamed
  std::string description;  ///< LEX-23
  std::string base;         ///< FROM's image as written
  std::string platform;     ///< --platform as written
  bool isDefault = false;   ///< the last one
  SourceRange range;
};
struct TargetsAnswer {
  std::shared_ptr<const SourceText> source;
  std::vector<TargetInfo> targets;  ///< named stages, and the last one
};
/// CALL-2. Faults: Invalid.
llvm::Expected<TargetsAnswer> listTargets(const BuildRequest& request, layerfs::Store& store);

}  // namespace strata::builder
