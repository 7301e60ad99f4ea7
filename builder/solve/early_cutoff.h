#pragma once
/// \file Early cutoff: a step that had to run again and left the same files as an earlier one, times apart, counts as
/// that one. This finds the earlier one. It costs nothing where there is none to compare with; else a walk over the new
/// layer, and reading its files where everything but their content is the same. What is found out about a layer is
/// kept, so that it is found out once.

#include "builder/cache/output_store.h"
#include "builder/solve/layer_tree.h"
#include "layerfs/store.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <vector>

namespace strata::builder {

/// What a step just left, and where its like is looked for.
struct OutputQuestion {
  std::shared_ptr<layerfs::Layer> layer;
  Digest key;
  Digest tree;  ///< of a COPY: what it took; records of which this differs cannot be equal. None: this says nothing
  Digest parentScope;                ///< of steps that stood on the same tree
  std::vector<Digest> ownScopes;     ///< of this step in earlier builds
  std::optional<CacheRecord> rerun;  ///< the record of this very key, of a step that ran although there is one
};

struct OutputAnswer {
  bool nothing = false;                   ///< the layer is empty
  std::optional<CacheRecord> equal;       ///< its layer holds the same files
  std::shared_ptr<layerfs::Layer> layer;  ///< that layer
  bool onSameTree = false;                ///< and it stood on the same tree
  bool ownStep = false;                   ///< and this very step had left it
  bool rerunDiffers = false;              ///< the layer of `rerun` holds other files, or cannot be asked any more
  OutputTrees trees;                      ///< of the new layer, as far as they were needed
  /// Roots of trees of one depth: of the new layer and of the one that this step left in the nearest earlier build.
  Digest output, earlierOutput;
};

class EarlyCutoff {
public:
  /// All borrowed.
  EarlyCutoff(layerfs::Store& store, OutputStore& outputs, TreeStore& trees, const CancelToken& cancel)
      : store_(store), outputs_(outputs), trees_(trees), cancel_(cancel) {}

  /// Any thread. An earlier layer that cannot be read is passed over. Faults: Cancelled; Io of the database.
  llvm::Expected<OutputAnswer> compare(const OutputQuestion& question);

private:
  struct Candidate {
    CacheRecord record;
    std::shared_ptr<layerfs::Layer> layer;
    OutputTrees trees;
    bool ownStep = false;
  };
  llvm::Expected<std::vector<Candidate>> candidatesFor(const OutputQuestion& question);
  llvm::Error addCandidate(const CacheRecord& record, bool ownStep, const OutputQuestion& question,
                           std::vector<Candidate>& candidates);
  llvm::Error addOfShape(const OutputQuestion& question, const Digest& shape, std::vector<Candidate>& candidates);
  llvm::Error compareWith(std::vector<Candidate>& candidates, const OutputQuestion& question, OutputAnswer& answer);
  llvm::Error compareContents(std::vector<Candidate>& candidates, const OutputQuestion& question, OutputAnswer& answer);
  llvm::Error learn(Candidate& candidate, TreeDepth depth);
  llvm::Error choose(const std::vector<Candidate>& candidates, const OutputQuestion& question, OutputAnswer& answer);

  layerfs::Store& store_;
  OutputStore& outputs_;
  TreeStore& trees_;
  const CancelToken& cancel_;
};

}  // namespace strata::builder
