#pragma once
/// \file COPY --parents: sources that keep their path. Each is a base directory and a pattern below it; what matches is
/// taken with the directories on its way, as if the base held nothing else. Source: spec COPY-44 to COPY-48.

#include "builder/context/source_lookup.h"
#include "builder/context/tree_walker.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::builder {

/// A source split at its pivot, the first "/./" (COPY-45). Both parts are clean; no base is the root.
struct PivotedSource {
  std::string base, pattern;
};
PivotedSource splitAtPivot(llvm::StringRef source);

/// A base directory of which only what matches is there. Matches are put in when their content is known.
class ParentsTree {
public:
  /// The node at a path, with all below it; null: everything there is ignored.
  using NodeAt = llvm::function_ref<llvm::Expected<const SourceNode*>(const FoundSource&)>;

  /// Faults: Invalid for a bad pattern; Denied; Io; what `nodeAt` faults.
  static llvm::Expected<ParentsTree> find(const WalkSettings& settings, const FoundSource& base,
                                          llvm::StringRef pattern, NodeAt nodeAt);

  bool empty() const { return matches_.empty(); }
  /// Copies the matches into the tree and gives it away: a directory as a COPY of the base would take it.
  std::unique_ptr<SourceNode> take();

private:
  struct Match {
    SourceNode* directory;
    size_t child;
    const SourceNode* node;
  };
  class Search;

  std::unique_ptr<SourceNode> root_;
  std::vector<Match> matches_;
};

}  // namespace strata::builder
