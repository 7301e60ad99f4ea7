#pragma once
/// \file The build checks of instructions in a stage that is built: what their own words say, and what the planner
/// knows of them when it comes there. Source: spec LINT-16, LINT-19 to LINT-22, LINT-25, LINT-28, LINT-30, LINT-31.

#include "builder/context/glob.h"
#include "builder/frontend/instruction.h"
#include "builder/lint/lint_report.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

namespace strata::builder {

/// LINT-21, LINT-22: what the words of a whole stage show.
void checkStage(const Stage& stage, LintReport& report);

/// LINT-16: CMD or ENTRYPOINT; `hasShell`: a SHELL was chosen, by an instruction or the base image.
void checkCommand(const Instruction& at, bool hasShell, LintReport& report);
/// LINT-19: the first WORKDIR of its lineage, expanded.
void checkFirstWorkdir(const Instruction& at, llvm::StringRef path, LintReport& report);
/// LINT-20: a name that a word of `at` uses and nothing sets; `known`: the names that are set.
void reportUndefined(const Instruction& at, llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> known,
                     LintReport& report);
/// LINT-25: a key of ARG or ENV, expanded.
void checkSecretName(const Instruction& at, llvm::StringRef key, LintReport& report);
/// LINT-28: a source of COPY or ADD in the build context, expanded.
void checkIgnored(const Instruction& at, llvm::StringRef source, const IgnoreMatcher& ignore, LintReport& report);
/// LINT-30, LINT-31: one word of EXPOSE, expanded.
void checkPort(const Instruction& at, llvm::StringRef word, LintReport& report);

}  // namespace strata::builder
