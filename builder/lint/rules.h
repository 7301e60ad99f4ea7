#pragma once
/// \file The build checks: what each is called, what it is about, where it is described. Source: spec LINT.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <string>

namespace strata::builder {

enum class LintRule {
  StageNameCasing,
  FromAsCasing,
  NoEmptyContinuation,
  ConsistentInstructionCasing,
  DuplicateStageName,
  ReservedStageName,
  JSONArgsRecommended,
  MaintainerDeprecated,
  UndefinedArgInFrom,
  WorkdirRelativePath,
  UndefinedVar,
  MultipleInstructionsDisallowed,
  LegacyKeyValueFormat,
  InvalidBaseImagePlatform,
  RedundantTargetPlatform,
  SecretsUsedInArgOrEnv,
  InvalidDefaultArgInFrom,
  FromPlatformFlagConstDisallowed,
  CopyIgnoredFile,
  InvalidDefinitionDescription,
  ExposeProtoCasing,
  ExposeInvalidFormat,
};

struct LintRuleInfo {
  LintRule rule;
  llvm::StringRef name;         ///< as in `# check=skip=NAME`
  llvm::StringRef description;  ///< the rule in one sentence
  llvm::StringRef page;         ///< last part of its documentation's address
  bool experimental = false;    ///< off unless asked for (LINT-1)

  /// Where the rule is explained with examples.
  std::string url() const;
};

/// All rules, in the order of LintRule.
llvm::ArrayRef<LintRuleInfo> lintRules();
const LintRuleInfo& infoOf(LintRule rule);

}  // namespace strata::builder
