#include "builder/context/remote_tree.h"

#include "builder/context/rooted_path.h"
#include "builder/context/tar_sniff.h"
#include "layerfs/layer_tar.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <fcntl.h>

namespace strata::builder {

namespace {
/// A directory below another one, links followed inside that.
llvm::Expected<UniqueFd> openSubdir(int root, const std::string& subdir, const std::string& shown) {
  auto place = resolveBeneath(root, subdir, LastLink::Follow);
  if (!place) return place.takeError();
  if (!place->exists) return fault(FaultKind::NotFound, shown + ": \"/" + printable(subdir) + "\": not found");
  if (!S_ISDIR(place->status.st_mode))
    return fault(FaultKind::Invalid, shown + ": \"/" + printable(subdir) + "\" is no directory");
  UniqueFd fd = openBeneath(root, place->path, O_RDONLY | O_DIRECTORY);
  if (!fd) return errnoFault("open " + shown);
  return fd;
}
}  // namespace

llvm::Expected<RemoteTree> openRemoteTree(RemoteSources& sources, const RemoteReference& reference,
                                          const std::string& indexDirectory) {
  auto fetched = sources.fetch(reference);
  if (!fetched) return fetched.takeError();
  std::string shown = printable(shownName(reference));
  auto root = openFile(fetched->directory, O_RDONLY | O_DIRECTORY);
  if (!root) return root.takeError();
  RemoteTree tree{.root = std::move(*root), .all = fetched->isFile ? HttpSource::kFileName.str() : "."};
  if (!fetched->subdir.empty()) {
    auto below = openSubdir(tree.root.get(), fetched->subdir, shown);
    if (!below) return below.takeError();
    tree.root = std::move(*below);
  }
  SourceTree::Options options{.rootFd = tree.root.get(), .shownRoot = shown, .squashOwner = true};
  if (!indexDirectory.empty())
    options.statIndexPath =
        joinPath(indexDirectory, digestOf(fetched->directory + "#" + fetched->subdir).hex().substr(0, 32));
  tree.files = std::make_unique<SourceTree>(std::move(options));
  return tree;
}

namespace {
llvm::Expected<std::optional<int64_t>> newestFile(const std::string& path) {
  auto fd = openFile(path, O_RDONLY);
  if (!fd) return fd.takeError();
  FdSource file(fd->get());
  auto tar = findTar(file);
  if (!tar) return tar.takeError();
  std::optional<int64_t> newest;
  if (!(*tar)->isTar) return newest;
  auto error = layerfs::readLayerTar(**tar, [&](const layerfs::LayerEntry& entry, ByteSource&) {
    int64_t seconds = entry.mtime / 1'000'000'000;
    if (entry.kind == layerfs::EntryKind::File) newest = std::max(newest.value_or(seconds), seconds);
    return llvm::Error::success();
  });
  if (error) return error;
  return newest;
}
}  // namespace

llvm::Expected<std::optional<int64_t>> sourceTime(RemoteSources& sources, const RemoteReference& reference) {
  auto time = sources.timeOf(reference);
  if (!time || *time || std::holds_alternative<GitReference>(reference)) return time;
  auto fetched = sources.fetch(reference);
  if (!fetched) return fetched.takeError();
  return newestFile(joinPath(fetched->directory, HttpSource::kFileName));
}

}  // namespace strata::builder
