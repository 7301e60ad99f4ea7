#include "layerfs/stored_layer.h"

#include "layerfs/directory_items.h"
#include "layerfs/erofs_reader.h"
#include "layerfs/outline_tail.h"
#include "layerfs/tar_index.h"
#include "support/fault.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstdio>

namespace strata::layerfs {

llvm::Error LayerPlaces::measureAgain(LayerId id) const {
  auto update = database.prepare("UPDATE layers SET bytes = NULL WHERE id = ?");
  if (!update) return update.takeError();
  return update->bind(id.value).run();
}

LayerRow LayerRow::read(const Statement& row) {
  LayerRow read{.id = {row.integer(0)}, .form = formOf(row.integer(1)), .identity = {}, .stamp = row.text(4).str()};
  if (!row.isNull(2)) read.identity = {DiffId{row.digest(2)}, uint64_t(row.integer(3))};
  auto [digest, rest] = row.text(5).split(' ');
  auto [size, media] = rest.split(' ');
  std::string tail;
  if (media.consume_front("@")) std::tie(tail, media) = media.split(' ');
  Descriptor blob{.mediaType = media.str()};
  if (!tail.empty()) blob.annotations[kOutlineAnnotation.str()] = tail;
  auto parsed = Digest::parse(digest);
  if (parsed && !size.getAsInteger(10, blob.size)) {
    blob.digest = *parsed;
    read.toldBlob = std::move(blob);
  }
  read.made = row.integer(6) != 0;
  if (!parsed) llvm::consumeError(parsed.takeError());  // it came as no blob
  return read;
}

std::string LayerRow::written(const Descriptor& blob) {
  auto tail = outlineTailOf(blob);
  return blob.digest.str() + " " + std::to_string(blob.size) + (tail ? " @" + tail->str() : "") + " " + blob.mediaType;
}

namespace {
bool succeeded(llvm::Error error) {
  bool failed = bool(error);
  llvm::consumeError(std::move(error));
  return !failed;
}
}  // namespace

std::optional<Layer::TarIdentity> StoredLayer::known() {
  std::lock_guard lock(knownMutex_);
  return identity_;
}

llvm::Expected<Layer::TarIdentity> StoredLayer::tarIdentity() {
  if (auto identity = known()) return *identity;  // also for who has the database, for which others wait below
  std::lock_guard lock(mutex_);
  if (auto identity = known()) return *identity;
  auto form = places_.forms->best();
  bool became = form && *form != TarForm::Unpacked && succeeded(becomeTar());
  if (!form) llvm::consumeError(form.takeError());  // who mounts will say so
  if (became) return *known();
  // Names that no index holds, or no room for both: it stays a directory.
  HashingSink sink;
  if (auto error = produceTar(sink)) return error;
  uint64_t size = sink.size();
  TarIdentity identity{DiffId{sink.finish()}, size};
  if (auto error = remember(identity, "", LayerForm::Dir)) return error;
  return identity;
}

llvm::Expected<Descriptor> Layer::descriptor() {
  if (auto blob = cameAs()) return std::move(*blob);
  auto identity = tarIdentity();
  if (!identity) return identity.takeError();
  return Descriptor{.mediaType = media::kOciLayer.str(), .digest = identity->diffId.digest, .size = identity->size};
}

/// One pass over the files reads, hashes and writes them. The directory stays: others may have it mounted, and the next
/// sweep takes it. A process that does the same at the same time writes the same.
llvm::Error StoredLayer::becomeTar() {
  auto staged = TempDir::make(places_.staging, "tar-");
  if (!staged) return staged.takeError();
  std::string madeTar = joinPath(staged->path(), "tar"), madeIndex = joinPath(staged->path(), "index");
  auto file = openFile(madeTar, O_RDWR | O_CREAT | O_EXCL, 0644);
  if (!file) return file.takeError();
  auto items = DirectoryItems::open(tree());
  if (!items) return items.takeError();
  LayerIndex index;
  CancelToken never;
  auto written = layerfs::writeTar([&] { return items->next(); }, file->get(), index, never);
  if (!written) return written.takeError();
  if (auto error = writeIndex(index, file->get(), written->size, madeIndex)) return error;
  if (renamePath(madeIndex, this->index()) != 0) return errnoFault("rename to " + this->index());
  if (renamePath(madeTar, tar()) != 0) return errnoFault("rename to " + tar());
  struct stat status;
  if (::fstat(file->get(), &status) != 0) return errnoFault("stat " + tar());
  return remember({DiffId{written->digest}, written->size}, stampOf(status), LayerForm::Tar);
}

/// For the next process too; the use of disk is to be measured again. What another process has made a tar stays one.
llvm::Error StoredLayer::remember(const TarIdentity& identity, const std::string& stamp, LayerForm form) {
  {
    std::lock_guard lock(knownMutex_);
    identity_ = identity;
    stamp_ = stamp;
    form_ = form;  // last: who sees a tar must see how long it is
  }
  auto update = places_.database.prepare(
      "UPDATE layers SET form = ?1, diff_id = ?2, tar_size = ?3, stamp = ?4, bytes = NULL WHERE id = ?5 AND form <= "
      "?1");
  if (!update) return update.takeError();
  update->bind(LayerRow::numberOf(form)).bind(identity.diffId.digest).bind(int64_t(identity.size));
  return update->bind(llvm::StringRef(stamp)).bind(id_.value).run();
}

std::string StoredLayer::visibleDamage() {
  if (form_ == LayerForm::Remote) return "";
  struct stat status;
  bool isDir = form_ == LayerForm::Dir;
  if (::lstat((isDir ? tree() : tar()).c_str(), &status) != 0)
    return errno == ENOENT || errno == ENOTDIR ? "its files are missing" : "";
  if (isDir) return S_ISDIR(status.st_mode) ? "" : "its directory is none";
  auto identity = known();
  uint64_t expected = identity ? identity->size : 0;
  if (S_ISREG(status.st_mode) && identity && uint64_t(status.st_size) == expected) return "";
  return "its tar has " + std::to_string(status.st_size) + " bytes instead of " + std::to_string(expected);
}

llvm::Error StoredLayer::forget(const std::string& problem) {
  auto remove = places_.database.prepare("DELETE FROM layers WHERE id = ? RETURNING 1");
  if (!remove) return remove.takeError();
  auto had = remove->bind(id_.value).step();
  if (!had) return had.takeError();
  if (*had) places_.database.reportDamage({"layer", std::to_string(id_.value), problem});
  return llvm::Error::success();
}

namespace {
/// Passes on what comes from a certain byte on.
class RestSink : public ByteSink {
public:
  RestSink(ByteSink& next, uint64_t from) : next_(next), left_(from) {}
  llvm::Error write(llvm::StringRef bytes) override {
    uint64_t before = std::min<uint64_t>(left_, bytes.size());
    left_ -= before;
    return before == bytes.size() ? llvm::Error::success() : next_.write(bytes.drop_front(before));
  }

private:
  ByteSink& next_;
  uint64_t left_;  ///< bytes to come before that one
};
}  // namespace

/// Nothing damaged leaves the store. A file that nobody touched since it was hashed is not hashed again, which would
/// take three times as long as copying it.
llvm::Error StoredLayer::writeTar(ByteSink& sink, uint64_t from) {
  if (auto error = bring()) return error;
  std::optional<TarIdentity> expected;
  std::string stamp;
  {
    std::lock_guard lock(knownMutex_);
    expected = identity_;
    stamp = stamp_;
  }
  if (!expected) return produceTar(sink, from);
  struct stat status;
  bool untouched = form_ == LayerForm::Tar && ::lstat(tar().c_str(), &status) == 0 && stampOf(status) == stamp;
  if (untouched) return produceTar(sink, from);
  RestSink rest(sink, from);
  return compareTar(&rest, *expected);
}

llvm::Expected<std::string> StoredLayer::keptBlocks() {
  if (form_ != LayerForm::Tar || !pathExists(directory_ + "/hash-states")) return "";
  if (auto error = places_.measureAgain(id_)) return error;
  return places_.keptBlocksOf(id_);
}

KnownTar StoredLayer::openTar() {
  if (form_ != LayerForm::Tar) return {};
  std::string stamp;
  std::optional<TarIdentity> identity;
  {
    std::lock_guard lock(knownMutex_);
    stamp = stamp_;
    identity = identity_;
  }
  KnownTar known;
  struct stat status;
  UniqueFd file(::open(tar().c_str(), O_RDONLY | O_CLOEXEC));
  if (!identity || !file || ::fstat(file.get(), &status) != 0 || stampOf(status) != stamp) return {};
  known.file = std::move(file);
  known.digest = identity->diffId.digest;
  known.size = identity->size;
  known.states = readHashStates(directory_ + "/hash-states", known.digest);
  return known;
}

llvm::Error StoredLayer::verify() {
  if (form_ == LayerForm::Remote) return llvm::Error::success();
  auto expected = tarIdentity();
  if (!expected) return expected.takeError();
  return compareTar(nullptr, *expected);
}

llvm::Error StoredLayer::compareTar(ByteSink* sink, const TarIdentity& expected) {
  struct stat status = {};
  ::lstat(tar().c_str(), &status);
  HashingSink hashing(sink);
  if (auto error = produceTar(hashing)) return error;
  uint64_t size = hashing.size();
  Digest digest = hashing.finish();
  if (digest == expected.diffId.digest)
    return form_ == LayerForm::Dir ? llvm::Error::success() : remember(expected, stampOf(status), LayerForm::Tar);
  std::string problem =
      "its content changed: its digest is " + digest.str() + " instead of " + expected.diffId.digest.str();
  if (size != expected.size)
    problem = "its tar has " + std::to_string(size) + " bytes instead of " + std::to_string(expected.size);
  if (auto error = forget(problem)) return error;
  return fault(FaultKind::Corrupt, "layer " + llvm::Twine(id_.value) + " is damaged: " + problem +
                                       "; build again, or bring the image again");
}

llvm::Error StoredLayer::produceTar(ByteSink& sink, uint64_t from) {
  if (form_ == LayerForm::Tar) {
    auto file = openFile(tar(), O_RDONLY);
    if (!file) return file.takeError();
    ::posix_fadvise(file->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    if (::lseek(file->get(), off_t(from), SEEK_SET) < 0) return errnoFault("read " + tar());
    return copyFile(file->get(), sink).takeError();
  }
  RestSink rest(sink, from);
  LayerTarWriter writer(rest);
  auto error = walkLayerDirectory(tree(), [&](const LayerEntry& entry, ByteSource& content) {
    return writer.add(entry, entry.kind == EntryKind::File ? &content : nullptr);
  });
  if (error) return error;
  return writer.finish();
}

llvm::Error StoredLayer::walk(EntryVisitor visit) {
  if (auto error = bring()) return error;
  if (form_ == LayerForm::Dir) return walkLayerDirectory(tree(), visit);
  auto reader = ErofsReader::open(index(), tar());
  if (!reader) {
    llvm::consumeError(reader.takeError());
    if (auto error = makeIndex()) return error;
    reader = ErofsReader::open(index(), tar());
  }
  if (!reader) return reader.takeError();
  return reader->walk(visit);
}

llvm::Expected<std::unique_ptr<LayerReader>> StoredLayer::reader() {
  if (auto error = bring()) return error;
  if (form_ == LayerForm::Dir) return openDirectoryReader(tree());
  auto reader = openTarReader(index(), tar());
  if (reader) return reader;
  llvm::consumeError(reader.takeError());
  if (auto error = makeIndex()) return error;
  return openTarReader(index(), tar());
}

llvm::Expected<LayerDirectory> StoredLayer::directory() {
  if (auto error = bring()) return error;
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
  if (auto error = writeIndex(tree, file->get(), uint64_t(status.st_size), made)) return error;
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
  return places_.measureAgain(id_);
}

}  // namespace strata::layerfs
