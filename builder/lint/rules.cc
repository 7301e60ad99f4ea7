#include "builder/lint/rules.h"

#include <cassert>

namespace strata::builder {

llvm::ArrayRef<LintRuleInfo> lintRules() {
  using R = LintRule;
  static constexpr LintRuleInfo kRules[] = {
      {R::StageNameCasing, "StageNameCasing", "Names of stages are written in lower case", "stage-name-casing"},
      {R::FromAsCasing, "FromAsCasing", "AS is written in the same case as its FROM", "from-as-casing"},
      {R::NoEmptyContinuation, "NoEmptyContinuation", "A continued instruction has no empty lines in it",
       "no-empty-continuation"},
      {R::ConsistentInstructionCasing, "ConsistentInstructionCasing",
       "All instructions of a file are written in one case, upper or lower", "consistent-instruction-casing"},
      {R::DuplicateStageName, "DuplicateStageName", "No two stages have the same name", "duplicate-stage-name"},
      {R::ReservedStageName, "ReservedStageName", "A stage is not named like something that is always there",
       "reserved-stage-name"},
      {R::JSONArgsRecommended, "JSONArgsRecommended",
       "CMD and ENTRYPOINT are JSON arrays, so that signals reach the program and not a shell",
       "json-args-recommended"},
      {R::MaintainerDeprecated, "MaintainerDeprecated", "The author is named by a label, not by MAINTAINER",
       "maintainer-deprecated"},
      {R::UndefinedArgInFrom, "UndefinedArgInFrom", "FROM uses only variables that an ARG before it declares",
       "undefined-arg-in-from"},
      {R::WorkdirRelativePath, "WorkdirRelativePath",
       "The first WORKDIR is absolute, so that it does not depend on the base image", "workdir-relative-path"},
      {R::UndefinedVar, "UndefinedVar", "A variable is set or declared before it is used", "undefined-var"},
      {R::MultipleInstructionsDisallowed, "MultipleInstructionsDisallowed",
       "CMD, ENTRYPOINT and HEALTHCHECK stand once in a stage: the last one alone counts",
       "multiple-instructions-disallowed"},
      {R::LegacyKeyValueFormat, "LegacyKeyValueFormat", "ENV and LABEL are written with an equals sign",
       "legacy-key-value-format"},
      {R::InvalidBaseImagePlatform, "InvalidBaseImagePlatform", "A base image is of the platform that is built for",
       "invalid-base-image-platform"},
      {R::RedundantTargetPlatform, "RedundantTargetPlatform",
       "FROM does not ask for the target platform, which it gets anyway", "redundant-target-platform"},
      {R::SecretsUsedInArgOrEnv, "SecretsUsedInArgOrEnv",
       "Secrets are not passed by ARG or ENV, whose values anyone can read in the image", "secrets-used-in-arg-or-env"},
      {R::InvalidDefaultArgInFrom, "InvalidDefaultArgInFrom",
       "FROM is a valid image also when no build argument is given", "invalid-default-arg-in-from"},
      {R::FromPlatformFlagConstDisallowed, "FromPlatformFlagConstDisallowed",
       "FROM --platform is not fixed to one platform", "from-platform-flag-const-disallowed"},
      {R::CopyIgnoredFile, "CopyIgnoredFile", "COPY and ADD name no file that .dockerignore leaves out",
       "copy-ignored-file"},
      {R::InvalidDefinitionDescription, "InvalidDefinitionDescription",
       "A comment right above a stage or an ARG describes it: `# NAME DESCRIPTION`; an empty comment line keeps any "
       "other "
       "comment apart",
       "invalid-definition-description", /*experimental=*/true},
      {R::ExposeProtoCasing, "ExposeProtoCasing", "The protocol of EXPOSE is written in lower case",
       "expose-proto-casing"},
      {R::ExposeInvalidFormat, "ExposeInvalidFormat", "EXPOSE names no address and no port of the host",
       "expose-invalid-format"},
  };
  return kRules;
}

const LintRuleInfo& infoOf(LintRule rule) {
  const LintRuleInfo& info = lintRules()[size_t(rule)];
  assert(info.rule == rule);
  return info;
}

std::string LintRuleInfo::url() const { return ("https://docs.docker.com/go/dockerfile/rule/" + page + "/").str(); }

}  // namespace strata::builder
