#include "builder/solve/layer_files.h"

namespace strata::builder {

namespace {
LayerFiles::Kind fileKind(layerfs::EntryKind kind) {
  using layerfs::EntryKind;
  switch (kind) {
    case EntryKind::File:
    case EntryKind::Hardlink:
      return LayerFiles::Kind::File;
    case EntryKind::Directory:
      return LayerFiles::Kind::Directory;
    case EntryKind::Opaque:
      return LayerFiles::Kind::Opaque;
    case EntryKind::Whiteout:
      return LayerFiles::Kind::Removal;
    default:
      return LayerFiles::Kind::Other;
  }
}
}  // namespace

llvm::Expected<LayerFiles> LayerFiles::of(layerfs::Layer& layer) {
  LayerFiles files;
  auto error = layer.walk([&](const layerfs::LayerEntry& entry, ByteSource&) {
    files.add(entry.path, fileKind(entry.kind), entry.kind == layerfs::EntryKind::File ? entry.size : 0);
    return llvm::Error::success();
  });
  if (error) return error;
  return files;
}

void LayerFiles::add(llvm::StringRef path, Kind kind, uint64_t size) {
  entries_.push_back({.begin = paths_.size(), .length = uint32_t(path.size()), .kind = kind, .size = size});
  paths_.append(path.data(), path.size());
}

}  // namespace strata::builder
