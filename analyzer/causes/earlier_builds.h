#pragma once
/// \file The builds before one, as far as its steps have to be compared with them.

#include "builder/journal/build_outline.h"
#include "builder/journal/journal.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// The same step as it was before.
struct EarlierStep {
  const builder::Build* build = nullptr;
  const builder::BuildStep* step = nullptr;
};

/// Made for one build, gathered once, then asked.
class EarlierBuilds {
public:
  /// Both outlive this.
  EarlierBuilds(const builder::Build& build, builder::Journal& journal);

  /// Looks through outlines until every step that has a key is found in one, and reads those builds whole in which a
  /// step is found first: mostly that is the last one. Faults: those of the journal.
  [[nodiscard]] llvm::Error gather();
  /// The newest earlier build in which the step at this position had a key; nulls where there is none.
  EarlierStep nearest(size_t position) const;
  /// Whether one of these was built in this store.
  bool wasHere(size_t position) const { return firstWith(position, /*here=*/true).has_value(); }

private:
  struct Earlier {
    std::string id;
    bool here = true;
    std::vector<std::optional<size_t>> matches;  ///< for each step of the build the position of one that had a key
    std::optional<builder::Build> build;         ///< once it was read
  };
  enum class Target { Same, Other };
  void add(const builder::EarlierBuild& build, Target target);
  bool isWanting() const;
  std::optional<size_t> firstWith(size_t position, bool here = false) const;
  [[nodiscard]] llvm::Error lookThrough();
  [[nodiscard]] llvm::Error lookThroughOtherTargets();
  llvm::Expected<bool> readNearest();

  const builder::Build& build_;
  builder::Journal& journal_;
  builder::BuildOutline outline_;
  std::vector<Earlier> earlier_;  ///< newest first, those for other targets last
  bool othersAreIn_ = false;
};

}  // namespace strata::analyzer
