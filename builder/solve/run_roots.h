#pragma once
/// \file What a RUN's processes have for /. One in which nothing was written stays mounted for the next RUN on the same
/// layers: to mount and unmount it, and to make and remove the directories of its draft, takes as long as all else that
/// a small step asks of the kernel.

#include "layerfs/snapshot.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace strata::builder {

struct RunRoot {
  layerfs::LayerDraft draft;
  std::unique_ptr<layerfs::Snapshot> snapshot;  ///< with the draft on top
};

/// Any thread.
class RunRoots {
public:
  using Layers = std::vector<std::shared_ptr<layerfs::Layer>>;

  /// The root that shows these layers and nothing else, if one was kept.
  std::optional<RunRoot> take(const Layers& layers);
  /// `layers`: what a step that finds the root stands on. The root that was kept longest gives way where there are
  /// many.
  void keep(const Layers& layers, RunRoot root);

private:
  static std::vector<layerfs::LayerId> idsOf(const Layers& layers);
  struct Kept {
    std::vector<layerfs::LayerId> layers;
    RunRoot root;
  };
  std::mutex mutex_;
  std::deque<Kept> kept_;
};

}  // namespace strata::builder
