#include "builder/lint/check_stage.h"

#include "builder/context/rooted_path.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringMap.h>

namespace strata::builder {

namespace {
using Rule = LintRule;

void found(const Instruction& at, LintReport& report, Rule rule, const llvm::Twine& message) {
  report.add(rule, at.range, at.comments, message);
}

bool isLegacy(const Instruction& at) {
  if (const auto* env = std::get_if<EnvInstruction>(&at.body)) return env->legacy;
  if (const auto* label = std::get_if<LabelInstruction>(&at.body)) return label->legacy;
  return false;
}

}  // namespace

void checkStage(const Stage& stage, LintReport& report) {
  llvm::StringMap<const Instruction*> earlier;
  for (const Instruction& at : stage.instructions) {
    if (isLegacy(at)) {
      std::string keyword = at.name.upper();
      found(at, report, Rule::LegacyKeyValueFormat,
            "\"" + keyword + " key=value\" should be used instead of legacy \"" + keyword + " key value\" format");
    }
    if (at.name != "cmd" && at.name != "entrypoint" && at.name != "healthcheck") continue;
    const Instruction*& previous = earlier[at.name];
    if (previous)  // LINT-9: the one that is ignored is shown
      found(*previous, report, Rule::MultipleInstructionsDisallowed,
            "Multiple " + at.name.upper() +
                " instructions should not be used in the same stage because only the last one will be used");
    previous = &at;
  }
}

void checkCommand(const Instruction& at, bool hasShell, LintReport& report) {
  const CommandLine* command = nullptr;
  if (const auto* cmd = std::get_if<CmdInstruction>(&at.body)) command = &cmd->command;
  if (const auto* entrypoint = std::get_if<EntrypointInstruction>(&at.body)) command = &entrypoint->command;
  if (!command || command->exec || hasShell) return;
  found(at, report, Rule::JSONArgsRecommended,
        "JSON arguments recommended for " + at.name.upper() + " to prevent unintended behavior related to OS signals");
}

void checkFirstWorkdir(const Instruction& at, llvm::StringRef path, LintReport& report) {
  if (!path.starts_with("/"))
    found(at, report, Rule::WorkdirRelativePath,
          "Relative workdir \"" + path + "\" can have unexpected results if the base image changes");
}

void reportUndefined(const Instruction& at, llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> known,
                     LintReport& report) {
  std::string meant = nearest(name, known, /*ignoreCase=*/true);
  found(at, report, Rule::UndefinedVar,
        "Usage of undefined variable '$" + name + "'" + (meant.empty() ? "" : " (did you mean $" + meant + "?)"));
}

void checkSecretName(const Instruction& at, llvm::StringRef key, LintReport& report) {
  static constexpr llvm::StringLiteral kSecret[] = {"apikey",   "auth",  "credential", "credentials", "key",
                                                    "password", "pword", "passwd",     "secret",      "token"};
  static constexpr llvm::StringLiteral kHarmless[] = {"public", "file", "version"};
  std::string lower = key.lower();
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(lower).split(parts, '_');
  auto contains = [&](llvm::ArrayRef<llvm::StringLiteral> words) {
    return llvm::any_of(parts, [&](llvm::StringRef part) { return llvm::is_contained(words, part); });
  };
  if (contains(kSecret) && !contains(kHarmless))
    found(at, report, Rule::SecretsUsedInArgOrEnv,
          "Do not use ARG or ENV instructions for sensitive data (" + at.name.upper() + " \"" + key + "\")");
}

void checkIgnored(const Instruction& at, llvm::StringRef source, const IgnoreMatcher& ignore, LintReport& report) {
  if (ignore.empty() || ignore.hasNegations()) return;
  std::string path = cleanPath(source);
  bool excluded =
      path.empty()
          ? llvm::any_of(ignore.patterns(),
                         [](llvm::StringRef pattern) { return pattern == "*" || pattern == "**" || pattern == "**/*"; })
          : ignore.excludes(path);
  if (excluded)
    found(at, report, Rule::CopyIgnoredFile,
          "Attempting to " + llvm::Twine(at.name == "add" ? "Add" : "Copy") + " file \"" + source +
              "\" that is excluded by .dockerignore");
}

void checkPort(const Instruction& at, llvm::StringRef word, LintReport& report) {
  auto [ports, protocol] = word.split('/');
  if (llvm::any_of(protocol, llvm::isUpper))
    found(at, report, Rule::ExposeProtoCasing,
          "Defined protocol '" + word + "' in EXPOSE instruction should be lowercase");
  if (ports.contains(':'))
    found(at, report, Rule::ExposeInvalidFormat,
          "EXPOSE instruction should not define an IP address or host-port mapping, found '" + word + "'");
}

}  // namespace strata::builder
