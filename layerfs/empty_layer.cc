#include "layerfs/empty_layer.h"

#include "support/fault.h"

namespace strata::layerfs {

const DiffId& emptyDiffId() {
  static const DiffId digest{digestOf(std::string(kEmptyTarSize, '\0'))};
  return digest;
}

bool isUsualRoot(const LayerEntry& entry) {
  return entry.path.empty() && entry.kind == EntryKind::Directory && (entry.mode & 07777) == 0755 && entry.uid == 0 &&
         entry.gid == 0 && entry.xattrs.empty();
}

namespace {
llvm::Expected<bool> holdsNothing(llvm::function_ref<llvm::Error(EntryVisitor)> walk) {
  bool nothing = true;
  auto error = walk([&](const LayerEntry& entry, ByteSource&) -> llvm::Error {
    nothing = isUsualRoot(entry);
    return nothing ? llvm::Error::success() : fault(FaultKind::Cancelled, "an entry was found");
  });
  if (nothing && error) return error;
  llvm::consumeError(std::move(error));
  return nothing;
}
}  // namespace

llvm::Expected<bool> holdsNothing(Layer& layer) {
  return holdsNothing([&](EntryVisitor visit) { return layer.walk(visit); });
}

llvm::Expected<bool> holdsNothing(const std::string& directory) {
  return holdsNothing([&](EntryVisitor visit) { return walkLayerDirectory(directory, visit); });
}

}  // namespace strata::layerfs
