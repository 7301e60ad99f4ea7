#pragma once
/// \file Takes secrets out of texts and builds: values that are known to be secret, and those that have a shape without
/// being told.

#include "builder/journal/journal.h"

#include <llvm/ADT/StringRef.h>

#include <string>
#include <vector>

namespace strata::analyzer {

/// What stands in a secret's place.
enum class Hiding {
  Stars,  ///< "***": for people; of a mark the stars alone
  /// "***#1a2b3c", 24 bits of a digest of the value: for other machines, which tell a change from none by it. Marks
  /// stay.
  Marks,
};

class HiddenValues {
public:
  explicit HiddenValues(Hiding hiding = Hiding::Stars) : hiding_(hiding) {}

  /// A value to hide wherever it stands; a short one where its name stands before it.
  void add(llvm::StringRef name, llvm::StringRef value);
  /// The arguments and variables that their names call secret.
  void learn(const builder::Build& build);

  /// "ENV TOKEN=***"
  std::string apply(llvm::StringRef text) const;
  /// A value that is kept apart from its name.
  std::string applyToValue(llvm::StringRef name, llvm::StringRef value) const;
  void apply(builder::Build& build) const;

private:
  struct Known {
    std::string name, value;
  };
  std::string sign(llvm::StringRef value) const;
  void hide(std::string& text, const Known& known) const;
  template <typename Matches>
  std::string without(llvm::StringRef text, const Matches& matches) const;
  void applyToStep(builder::BuildStep& step) const;

  Hiding hiding_;
  std::vector<Known> known_;  ///< longest first
};

/// The build as other machines may see it, whose secrets are marks. Once more it stays the same.
builder::Build withMarks(builder::Build build);

}  // namespace strata::analyzer
