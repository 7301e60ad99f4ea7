#pragma once
/// \file Where a walk stands with every ignore pattern, directory by directory: what was decided above is not asked
/// again, and a pattern that cannot match below a directory any more costs nothing there.

#include "builder/context/glob.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

#include <cstdint>
#include <string>

namespace strata::builder {

/// The state of one directory. A value; borrows the matcher.
class IgnoreCursor {
public:
  static IgnoreCursor atRoot(const IgnoreMatcher& matcher);

  /// Whether the entry `name` of this directory is excluded.
  bool excludes(llvm::StringRef name) const;
  IgnoreCursor enter(llvm::StringRef name) const;

  /// Of this directory itself.
  bool excluded() const;
  /// Whether a `!` pattern may match something below.
  bool mayReincludeBelow() const;
  /// Nothing below can change any more: all of it is as excluded() says.
  bool settled() const { return active_.empty(); }
  /// The rule that decided on this directory; -1: none.
  int rule() const { return rule_; }
  int ruleFor(llvm::StringRef name) const;

private:
  explicit IgnoreCursor(const IgnoreMatcher& matcher) : matcher_(&matcher) {}
  void activate(uint32_t rule, uint32_t position);

  /// A rule whose first `position` components match the path of this directory.
  struct Active {
    uint32_t rule = 0;
    uint32_t position = 0;
  };
  const IgnoreMatcher* matcher_;
  int rule_ = -1;
  llvm::SmallVector<Active, 8> active_;  ///< by rule, the last one first; only those after rule_
  std::string path_;                     ///< kept only while a rule needs it: see Rule::whole
};

}  // namespace strata::builder
