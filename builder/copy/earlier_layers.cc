#include "builder/copy/earlier_layers.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace strata::builder {

namespace {
constexpr uint64_t kUnderWay = 16 << 20;  ///< more than a pass reads ahead of what it has written
constexpr uint64_t kGivenBack = 8 << 20;  ///< at once
}  // namespace

std::optional<layerfs::StoredContent> EarlierLayers::find(const SourceTree& tree, const SourceNode& node) {
  Digest diffId = tree.storedIn(node);
  if (!diffId) return std::nullopt;
  auto known = tars_.find(diffId);
  if (known == tars_.end()) known = tars_.emplace(diffId, open(diffId)).first;
  Tar& tar = known->second;
  uint64_t offset = node.place.offset;
  if (offset > tar.size || tar.size - offset < node.entry.size) return std::nullopt;
  giveBack(tar, offset);
  return layerfs::StoredContent{tar.file.get(), offset};
}

/// The next build takes from the layer that is being made. So the page cache has room for that one where it had this
/// one: memory need not grow with each build, nor come new from the host of a virtual machine, which takes longer than
/// all else that a copy does.
void EarlierLayers::giveBack(Tar& tar, uint64_t offset) {
  if (offset < tar.passed + kUnderWay + kGivenBack) return;
  uint64_t end = offset - kUnderWay;
  ::posix_fadvise(tar.file.get(), off_t(tar.passed), off_t(end - tar.passed), POSIX_FADV_DONTNEED);
  tar.passed = end;
}

/// What cannot be opened has no bytes.
EarlierLayers::Tar EarlierLayers::open(const Digest& diffId) {
  auto layer = layers_.findByDiffId({diffId});
  if (!layer) return llvm::consumeError(layer.takeError()), Tar();  // the files themselves are there to be read
  Tar tar;
  struct stat status;
  if (*layer) tar.file = (*layer)->openTar();
  if (tar.file && ::fstat(tar.file.get(), &status) == 0) tar.size = uint64_t(status.st_size);
  return tar;
}

}  // namespace strata::builder
