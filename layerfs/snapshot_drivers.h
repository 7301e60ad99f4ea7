#pragma once
/// \file The two drivers behind openSnapshotter, and what they share.

#include "layerfs/snapshot.h"

#include <llvm/ADT/StringRef.h>

#include <mutex>

namespace strata::layerfs {

/// Directories that lie below every snapshot: the empty mount points, and two empty ones, since overlay wants two lower
/// directories where there is no upper. Made at first use, once for the store, in one rename.
class SnapshotBase {
public:
  SnapshotBase(std::string staging, std::string lasting) : staging_(std::move(staging)), lasting_(std::move(lasting)) {}
  static constexpr llvm::StringLiteral kName = "base";  ///< below layers/
  /// Makes it where it is missing, or lacks something.
  [[nodiscard]] llvm::Error prepare();
  static bool isWhole(const std::string& directory);
  std::string mountPoints() const { return directory() + "/mountpoints"; }
  std::string firstEmpty() const { return directory() + "/empty-1"; }
  std::string secondEmpty() const { return directory() + "/empty-2"; }

private:
  std::string directory() const { return joinPath(lasting_, kName); }
  llvm::Error make();

  std::string staging_, lasting_;
  std::mutex mutex_;
  bool ready_ = false;
};

/// The layers of a stack, bottom first, each once. A layer that a stack holds twice counts at its upper place: whatever
/// it says at the lower one, it says again above.
std::vector<std::shared_ptr<Layer>> distinctLayers(const std::vector<std::shared_ptr<Layer>>& layers);

/// Attaches a detached mount at a directory of the caller's mount namespace.
[[nodiscard]] llvm::Error attachMount(int mount, const std::string& directory);

/// Faults: Unsupported if no overlay can be mounted with an upper directory below `staging`.
llvm::Expected<std::unique_ptr<Snapshotter>> openOverlaySnapshotter(const std::string& staging,
                                                                    const std::string& lasting);
std::unique_ptr<Snapshotter> makeNativeSnapshotter(const std::string& staging, const std::string& lasting);

}  // namespace strata::layerfs
