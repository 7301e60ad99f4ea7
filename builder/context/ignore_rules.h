#pragma once
/// \file The compiled rules of an IgnoreMatcher: shared by it and by IgnoreCursor.

#include "builder/context/glob.h"
#include "builder/context/glob_pattern.h"

#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

struct IgnoreRule {
  /// A component that is exactly "**": any number of names, none too; at the end at least one.
  struct Component {
    bool anyDepth = false;
    GlobPattern name;
  };
  std::string shown;  ///< as written
  unsigned line = 0;  ///< from 1; 0: from no file
  bool negated = false;
  std::vector<Component> components;
  /// A pattern with "**" inside a component ("**.log", "a**b") crosses '/', so it is matched against whole paths.
  std::optional<GlobPattern> whole;
};

struct IgnoreMatcher::Impl {
  std::string shownName;
  std::vector<IgnoreRule> rules;
  std::vector<std::string> patterns;
  bool hasNegations = false;

  [[nodiscard]] llvm::Error add(llvm::StringRef line, unsigned number);
  llvm::Error compile(IgnoreRule& rule, llvm::StringRef pattern);
};

}  // namespace strata::builder
