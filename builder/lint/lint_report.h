#pragma once
/// \file What the build checks found in one file. Whoever reads or plans a Dockerfile reports here.

#include "builder/frontend/source_text.h"
#include "builder/lint/lint_config.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringSet.h>
#include <llvm/ADT/Twine.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::builder {

struct LintWarning {
  LintRule rule = LintRule::StageNameCasing;
  std::string message;  ///< "Stage name 'Base' should be lowercase"
  SourceRange range;

  /// "StageNameCasing: Stage name 'Base' should be lowercase (line 1)" (LINT-7)
  std::string text() const;
};

class LintReport {
public:
  LintReport() = default;
  explicit LintReport(LintConfig config) : config_(std::move(config)) {}

  /// Takes a finding if its rule counts there: `comments` are those above the instruction. The same finding twice (a
  /// stage planned for two platforms) is one.
  void add(LintRule rule, const SourceRange& range, llvm::ArrayRef<llvm::StringRef> comments,
           const llvm::Twine& message);

  /// In the order of finding.
  const std::vector<LintWarning>& warnings() const { return warnings_; }
  /// By line; those of one line in the order of finding.
  std::vector<LintWarning> byLine() const;

  /// LINT-4: Invalid, naming the rules, where the file or a build argument says that warnings are errors.
  [[nodiscard]] llvm::Error violation() const;

private:
  LintConfig config_;
  std::vector<LintWarning> warnings_;
  llvm::StringSet<> seen_;  ///< their texts
};

}  // namespace strata::builder
