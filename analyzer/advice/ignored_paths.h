#pragma once
/// \file Which files of a build context hardly ever belong into an image, by their names.

#include "builder/journal/journal.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <vector>

namespace strata::analyzer {

struct IgnoreRule {
  llvm::StringLiteral name;       ///< of a file or directory; "*.log": any that ends so
  llvm::StringLiteral what;       ///< "git history"
  llvm::StringLiteral unlessRun;  ///< programs that want it; blanks between
  llvm::StringLiteral onlyRun;    ///< programs that make it again, one of which has to run
  bool matches(llvm::StringRef fileName) const;
};

/// Those that hold for this Dockerfile: no program that runs wants the files, and no COPY names them.
std::vector<const IgnoreRule*> ignoreRulesFor(const builder::Build& build);
/// The rule that this path falls under, through itself or a directory above; null: none.
const IgnoreRule* ruleFor(llvm::ArrayRef<const IgnoreRule*> rules, llvm::StringRef path);

}  // namespace strata::analyzer
