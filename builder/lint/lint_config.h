#pragma once
/// \file Which build checks count: `# check=` at the top of a file, BUILDKIT_DOCKERFILE_CHECK, `# check=` above an
/// instruction. Source: spec DIR-11, LINT-2 to LINT-6.

#include "builder/lint/rules.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/ADT/StringSet.h>
#include <llvm/Support/Error.h>

namespace strata::builder {

/// By default: every rule that is not experimental, and nothing fails.
class LintConfig {
public:
  /// `skip=A,B;error=true;experimental=all`, each part at most once in any order; the value ends at its first blank.
  /// Faults: Invalid for a part that is none of these, or not `name=value`.
  static llvm::Expected<LintConfig> parse(llvm::StringRef value);

  bool enables(LintRule rule) const;
  /// The same where these comments stand above the instruction: `check=skip=A` among them also counts there.
  bool enables(LintRule rule, llvm::ArrayRef<llvm::StringRef> comments) const;
  /// Whether a warning fails the build (LINT-4).
  bool failsBuild() const { return failsBuild_; }

private:
  struct Names {
    bool all = false;
    llvm::StringSet<> names;
    void add(llvm::StringRef list);
    bool contains(llvm::StringRef name) const { return names.contains(name); }
  };
  Names skipped_, experimental_;
  bool failsBuild_ = false;
};

/// The value of a comment `check=...`, without "#"; nothing if it is another one.
std::optional<llvm::StringRef> checkComment(llvm::StringRef comment);

}  // namespace strata::builder
