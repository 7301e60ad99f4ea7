#include "builder/export/merged_files.h"

namespace strata::builder {

llvm::Expected<MergedFiles> MergedFiles::open(layerfs::Store& store, const PlatformResult& result) {
  if (result.layers.empty()) return MergedFiles(nullptr);
  auto snapshotter = store.snapshotter();
  if (!snapshotter) return snapshotter.takeError();
  auto snapshot = (*snapshotter)->mount({.layers = result.layers});
  if (!snapshot) return snapshot.takeError();
  return MergedFiles(std::move(*snapshot));
}

llvm::Error MergedFiles::walk(layerfs::FileVisitor visit) const {
  if (!snapshot_) return llvm::Error::success();
  std::string root = "/proc/self/fd/" + std::to_string(snapshot_->rootFd());
  return layerfs::walkFiles(root, layerfs::FurtherNames::Hardlinks, visit);
}

}  // namespace strata::builder
