#include "layerfs/stored_layer.h"

#include "layerfs/erofs_writer.h"
#include "layerfs/tar_index.h"
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
  if (auto error = produceTar(sink)) return error;
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

std::string StoredLayer::visibleDamage() const {
  struct stat status;
  bool isDir = form_ == LayerForm::Dir;
  if (::lstat((isDir ? tree() : tar()).c_str(), &status) != 0)
    return errno == ENOENT || errno == ENOTDIR ? "its files are missing" : "";
  if (isDir) return S_ISDIR(status.st_mode) ? "" : "its directory is none";
  if (S_ISREG(status.st_mode) && identity_ && uint64_t(status.st_size) == identity_->size) return "";
  return "its tar has " + std::to_string(status.st_size) + " bytes instead of " +
         std::to_string(identity_ ? identity_->size : 0);
}

llvm::Error StoredLayer::forget(const std::string& problem) {
  std::lock_guard lock(places_.database.mutex());
  auto remove = places_.database.prepare("DELETE FROM layers WHERE id = ? RETURNING 1");
  if (!remove) return remove.takeError();
  auto had = remove->bind(id_.value).step();
  if (!had) return had.takeError();
  if (*had) places_.database.reportDamage({"layer", std::to_string(id_.value), problem});
  return llvm::Error::success();
}

/// What is known by a digest is compared with it on the way: nothing damaged leaves the store.
llvm::Error StoredLayer::writeTar(ByteSink& sink) {
  std::optional<TarIdentity> expected;
  {
    std::lock_guard lock(mutex_);
    expected = identity_;
  }
  if (!expected) return produceTar(sink);
  HashingSink hashing(&sink);
  if (auto error = produceTar(hashing)) return error;
  uint64_t size = hashing.size();
  Digest digest = hashing.finish();
  if (digest == expected->diffId.digest) return llvm::Error::success();
  std::string problem =
      "its content changed: its digest is " + digest.str() + " instead of " + expected->diffId.digest.str();
  if (size != expected->size)
    problem = "its tar has " + std::to_string(size) + " bytes instead of " + std::to_string(expected->size);
  if (auto error = forget(problem)) return error;
  return fault(FaultKind::Corrupt, "layer " + llvm::Twine(id_.value) + " is damaged: " + problem +
                                       "; build again, or bring the image again");
}

llvm::Error StoredLayer::produceTar(ByteSink& sink) {
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

llvm::Expected<LayerDirectory> StoredLayer::directory() {
  if (form_ == LayerForm::Dir) return LayerDirectory{.path = tree()};
  auto form = places_.forms->best();
  if (!form) return form.takeError();
  std::lock_guard lock(mutex_);
  if (*form != TarForm::Unpacked) return mount(*form);
  if (!unpacked_ && !pathExists(tree()))
    if (auto error = unpack()) return error;
  unpacked_ = true;
  return LayerDirectory{.path = tree()};
}

/// An index is made of the tar and can be made again: one that is missing or that the kernel does not take is.
llvm::Expected<LayerDirectory> StoredLayer::mount(TarForm form) {
  TarImage image{index(), tar()};
  if (!mount_) {
    auto mounted = mountTar(image, form);
    if (!mounted) {
      llvm::consumeError(mounted.takeError());
      if (auto error = makeIndex()) return error;
      mounted = mountTar(image, form);
    }
    if (!mounted) return withContext(mounted.takeError(), "layer " + llvm::Twine(id_.value));
    mount_ = std::make_shared<const UniqueFd>(std::move(*mounted));
  }
  return LayerDirectory{
      .path = "/proc/self/fd/" + std::to_string(mount_->get()), .tar = image, .form = form, .mount = mount_};
}

llvm::Error StoredLayer::makeIndex() {
  auto staged = TempDir::make(places_.staging, "index-");
  if (!staged) return staged.takeError();
  auto file = openFile(tar(), O_RDONLY);
  if (!file) return file.takeError();
  struct stat status;
  if (::fstat(file->get(), &status) != 0) return errnoFault("stat " + tar());
  FdSource source(file->get());
  LayerIndex tree;
  if (auto error = indexTar(source, tree)) return error;
  std::string made = joinPath(staged->path(), "index");
  auto written = openFile(made, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!written) return written.takeError();
  FdSink sink(written->get());
  if (auto error = writeErofs(tree, file->get(), uint64_t(status.st_size), sink)) return error;
  if (renamePath(made, index()) != 0) return errnoFault("rename to " + index());
  return llvm::Error::success();
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
  if (renamePath(made, tree()) != 0 && errno != ENOTEMPTY && errno != EEXIST) return errnoFault("rename to " + tree());
  std::lock_guard lock(places_.database.mutex());
  auto grow = places_.database.prepare("UPDATE layers SET bytes = NULL WHERE id = ?");
  if (!grow) return grow.takeError();
  return grow->bind(id_.value).run();
}

}  // namespace strata::layerfs
