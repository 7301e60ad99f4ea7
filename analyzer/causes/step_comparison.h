#pragma once
/// \file The steps of one build against those of others, with what follows from one another told apart: where a cause
/// came from a step above, that is the step that it began with.

#include "analyzer/causes/cause.h"
#include "analyzer/causes/earlier_builds.h"
#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/Support/Error.h>

#include <map>
#include <optional>
#include <vector>

namespace strata::analyzer {

/// Made for one build: first differencesFrom() for its steps, then settle() over the causes of all.
class StepComparison {
public:
  /// Both outlive this.
  StepComparison(const builder::Build& build, builder::TreeStore& trees);

  /// What of a step of the build is not as it was. Builds of other machines come with marks in the place of secrets
  /// (hidden_values.h): then marks are compared on both sides.
  llvm::Expected<std::vector<Cause>> differencesFrom(const EarlierStep& earlier, const builder::BuildStep& step);

  /// `causes`, a list a step of the build: `rootCause`, the step straight above until now, becomes the one that it
  /// began with, and `source` the one that files came out of. A step that nothing but its base moved says so itself.
  void settle(std::vector<std::vector<Cause>>& causes) const;

  const builder::BuildStep* findStep(uint32_t index) const;

private:
  using Causes = std::vector<std::vector<Cause>>;
  void takeBasesOver(Causes& causes) const;
  const Cause* movedBase(const Causes& causes, size_t position) const;
  std::optional<uint32_t> baseBehind(const Causes& causes, uint32_t step) const;
  uint32_t rootOf(const Causes& causes, uint32_t step) const;
  uint32_t sourceOf(uint32_t step) const;

  const builder::Build& build_;
  builder::TreeStore& trees_;
  llvm::DenseMap<uint32_t, size_t> positions_;  ///< of a step's index
  std::map<const builder::Build*, builder::Build> marked_;
};

}  // namespace strata::analyzer
