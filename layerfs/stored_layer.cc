#include "layerfs/stored_layer.h"

#include "support/fault.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstdio>

namespace strata::layerfs {

llvm::Expected<Layer::TarIdentity> StoredLayer::tarIdentity() {
  std::lock_guard lock(mutex_);
  if (identity_) return *identity_;
  HashingSink sink;
  if (auto error = writeTar(sink)) return error;
  identity_ = TarIdentity{DiffId{sink.finish()}, sink.size()};
  if (auto error = rememberIdentity()) return error;
  return *identity_;
}

llvm::Error StoredLayer::rememberIdentity() {
  std::lock_guard lock(places_.database.mutex());
  auto update = places_.database.prepare("UPDATE layers SET diff_id = ?, tar_size = ? WHERE id = ?");
  if (!update) return update.takeError();
  return update->bind(identity_->diffId.digest).bind(int64_t(identity_->size)).bind(id_.value).run();
}

llvm::Error StoredLayer::writeTar(ByteSink& sink) {
  if (form_ == LayerForm::Tar) {
    auto file = openFile(tar(), O_RDONLY);
    if (!file) return file.takeError();
    ::posix_fadvise(file->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    FdSource source(file->get());
    return copyAll(source, sink).takeError();
  }
  LayerTarWriter writer(sink);
  auto error = walkLayerDirectory(tree(), [&](const LayerEntry& entry, ByteSource& content) {
    return writer.add(entry, entry.kind == EntryKind::File ? &content : nullptr);
  });
  if (error) return error;
  return writer.finish();
}

llvm::Error StoredLayer::walk(TarVisitor visit) {
  if (form_ == LayerForm::Dir) return walkLayerDirectory(tree(), visit);
  auto file = openFile(tar(), O_RDONLY);
  if (!file) return file.takeError();
  FdSource source(file->get());
  return readLayerTar(source, visit);
}

llvm::Expected<std::string> StoredLayer::overlayDirectory() {
  if (form_ == LayerForm::Dir) return tree();
  std::lock_guard lock(mutex_);
  if (!unpacked_ && !pathExists(tree()))
    if (auto error = unpack()) return error;
  unpacked_ = true;
  return tree();
}

llvm::Error StoredLayer::unpack() {
  auto staged = TempDir::make(places_.staging, "unpack-");
  if (!staged) return staged.takeError();
  std::string made = joinPath(staged->path(), "fs");
  if (::mkdir(made.c_str(), 0755) != 0 || ::chmod(made.c_str(), 0755) != 0) return errnoFault("make " + made);
  auto file = openFile(tar(), O_RDONLY);
  if (!file) return file.takeError();
  FdSource source(file->get());
  if (auto error = unpackLayerTar(source, made)) return error;
  // Another process may have been faster: its copy is as good, and may be mounted already.
  if (::rename(made.c_str(), tree().c_str()) != 0 && errno != ENOTEMPTY && errno != EEXIST)
    return errnoFault("rename to " + tree());
  std::lock_guard lock(places_.database.mutex());
  auto grow = places_.database.prepare("UPDATE layers SET bytes = NULL WHERE id = ?");
  if (!grow) return grow.takeError();
  return grow->bind(id_.value).run();
}

}  // namespace strata::layerfs
