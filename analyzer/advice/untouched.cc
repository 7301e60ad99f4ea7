#include "analyzer/advice/untouched.h"

#include "analyzer/advice/observed_reads.h"
#include "support/fault.h"

namespace strata::analyzer {

namespace {
using layerfs::EntryKind;
using layerfs::LayerEntry;

bool isAbove(llvm::StringRef path, llvm::StringRef destination) {
  return path.empty() || (destination.consume_front(path) && destination.starts_with("/"));
}

/// Of one entry of the RUN's layer.
llvm::Expected<bool> isHarmless(const LayerEntry& entry, CopiedTree& tree, const CopyParts& parts,
                                llvm::StringRef destination) {
  bool isDirectory = entry.kind == EntryKind::Directory;
  if (isAbove(entry.path, destination) || entry.path == destination) return isDirectory;
  auto path = belowDestination(entry.path, destination);
  if (!path) return true;
  auto copied = tree.find(*path);
  if (!copied) return copied.takeError();
  if (!*copied) return true;
  // A directory comes along with what was put into it; its own mode has to be the one that was copied.
  bool isSameDirectory = isDirectory && (*copied)->kind == EntryKind::Directory && (*copied)->mode == entry.mode;
  return isSameDirectory && (parts.holds(*path) || parts.leadsTo(*path));
}
}  // namespace

llvm::Expected<std::optional<bool>> leavesUntouched(const builder::BuildStep& run, CopiedTree& tree,
                                                    const CopyParts& parts, llvm::StringRef destination,
                                                    layerfs::LayerStore& layers) {
  if (run.layer == 0) return std::nullopt;
  auto layer = layers.load({run.layer});
  if (!layer) {
    llvm::Error error = layer.takeError();
    if (takeIf(error, FaultKind::NotFound)) return std::nullopt;
    return error;
  }
  if ((*layer)->form() == layerfs::LayerForm::Remote) return std::nullopt;
  bool untouched = true;
  auto visit = [&](const LayerEntry& entry, ByteSource&) -> llvm::Error {
    auto harmless = untouched ? isHarmless(entry, tree, parts, destination) : llvm::Expected<bool>(true);
    if (!harmless) return harmless.takeError();
    untouched &= *harmless;
    return llvm::Error::success();
  };
  if (llvm::Error error = (*layer)->walk(visit)) return error;
  return untouched;
}

}  // namespace strata::analyzer
