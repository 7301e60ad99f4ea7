#pragma once
/// \file The build checks that need nothing but the text: every stage is looked at, also one that is not built. Source:
/// spec LINT-10 to LINT-15, LINT-17, LINT-29.

#include "builder/frontend/instruction.h"
#include "builder/lint/lint_report.h"

namespace strata::builder {

/// Also for a file that is wrong further down: what could be read of it is checked (LINT-8).
void checkFile(const Dockerfile& file, LintReport& report);

}  // namespace strata::builder
