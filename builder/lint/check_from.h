#pragma once
/// \file The build checks of FROM's variables and platform: every stage is looked at. Source: spec LINT-18, LINT-24,
/// LINT-26, LINT-27.

#include "builder/frontend/expand.h"
#include "builder/frontend/instruction.h"
#include "builder/lint/lint_report.h"

#include <llvm/ADT/StringMap.h>

#include <string>

namespace strata::builder {

/// `automatic`: the variables that are there without an ARG (TARGETPLATFORM and kin), with their values.
void checkFroms(const Dockerfile& file, const llvm::StringMap<std::string>& automatic, LintReport& report);

/// Names that `$` uses may have been meant: those of ARGs before the first FROM, and automatic ones.
std::vector<llvm::StringRef> globalNames(const Dockerfile& file, const llvm::StringMap<std::string>& automatic);

}  // namespace strata::builder
