#include "layerfs/erofs_reader.h"

#include "layerfs/erofs_xattrs.h"
#include "layerfs/path_parts.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <limits>

namespace strata::layerfs {

namespace {

/// A File's bytes, in as few reads as its pieces allow.
class ContentSource : public ByteSource {
public:
  ContentSource(const erofs::Image& image, int tar, const erofs::Image::Node& file)
      : image_(image), tar_(tar), file_(file) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    size = size_t(std::min<uint64_t>(size, file_.record->size - done_));
    if (size == 0) return 0;
    auto piece = image_.pieceAt(file_, done_, size);
    if (!piece) return piece.takeError();
    size = size_t(piece->size);
    if (piece->inTar) {
      ssize_t got = ::pread(tar_, buffer, size, off_t(*piece->inTar));
      if (got < 0) return errnoFault("read a layer's tar");
      if (got == 0) return image_.corrupt("the tar has become shorter");
      size = size_t(got);
    } else if (piece->bytes.empty()) {
      std::fill_n(buffer, size, '\0');
    } else {
      llvm::copy(piece->bytes, buffer);
    }
    done_ += size;
    return size;
  }

private:
  const erofs::Image& image_;
  int tar_;
  erofs::Image::Node file_;
  uint64_t done_ = 0;
};

/// Nanoseconds since 1970, where they are few enough.
std::optional<int64_t> timeOf(const erofs::Inode& inode) {
  auto seconds = int64_t(uint64_t(inode.mtime));
  constexpr int64_t most = std::numeric_limits<int64_t>::max() / kSecond - 1;
  if (seconds > most || seconds < -most - 1 || inode.mtimeNanoseconds >= kSecond) return std::nullopt;
  return seconds * kSecond + inode.mtimeNanoseconds;
}

}  // namespace

llvm::Expected<ErofsReader> ErofsReader::open(const std::string& index, const std::string& tar) {
  auto file = openFile(index, O_RDONLY);
  if (!file) return file.takeError();
  struct stat status;
  if (::fstat(file->get(), &status) != 0) return errnoFault("stat " + index);
  auto bytes = llvm::MemoryBuffer::getOpenFile(file->get(), index, uint64_t(status.st_size),
                                               /*RequiresNullTerminator=*/false);
  if (!bytes) return errnoFault("read " + index, bytes.getError().value());
  auto opened = openFile(tar, O_RDONLY);
  if (!opened) return opened.takeError();
  return open(std::move(*bytes), std::move(*opened));
}

llvm::Expected<ErofsReader> ErofsReader::open(std::unique_ptr<llvm::MemoryBuffer> index, UniqueFd tar) {
  struct stat status;
  if (::fstat(tar.get(), &status) != 0) return errnoFault("stat a layer's tar");
  auto image = erofs::Image::open(std::move(index), uint64_t(status.st_size));
  if (!image) return image.takeError();
  return ErofsReader(std::move(*image), std::move(tar));
}

llvm::Expected<ErofsReader::File> ErofsReader::load(Number number) const {
  auto node = image_.node(number);
  if (!node) return node.takeError();
  const erofs::Inode& inode = *node->record;
  auto damaged = [&](const char* what) { return image_.corrupt("inode " + llvm::Twine(number) + " has " + what); };
  File file{.number = number, .links = inode.links, .entry = {}};
  LayerEntry& entry = file.entry;
  entry.kind = node->kind;
  if (entry.kind == EntryKind::Whiteout) return file;
  auto mtime = timeOf(inode);
  if (!mtime) return damaged("an impossible time");
  auto xattrs = erofs::unpackXattrs(node->xattrs);
  if (!xattrs) return damaged("damaged xattrs");
  file.opaque = xattrs->opaque && entry.kind == EntryKind::Directory;
  entry.xattrs = std::move(xattrs->xattrs);
  entry.mode = inode.mode & 07777;
  entry.uid = inode.uid;
  entry.gid = inode.gid;
  entry.mtime = *mtime;
  if (entry.kind == EntryKind::File) entry.size = inode.size;
  if (entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice) {
    uint32_t device = inode.where;  // as the kernel packs them: 12 bits of minor, 12 of major, the rest of minor
    entry.deviceMajor = device >> 8 & 0xfff;
    entry.deviceMinor = (device & 0xff) | (device >> 12 & 0xfff00);
  }
  if (entry.kind == EntryKind::Symlink) {
    auto target = image_.linkTarget(*node);
    if (!target) return target.takeError();
    entry.linkTarget = target->str();
  }
  return file;
}

llvm::Expected<std::vector<ErofsReader::Child>> ErofsReader::list(Number directory) const {
  auto node = image_.node(directory);
  if (!node) return node.takeError();
  if (node->kind != EntryKind::Directory) return image_.corrupt("inode " + llvm::Twine(directory) + " is no directory");
  std::vector<Child> children;
  auto error = image_.names(*node, [&](const erofs::Image::Name& name) {
    if (!erofs::isDots(name.text)) children.push_back({name.text.str(), name.number});
    return llvm::Error::success();
  });
  if (error) return error;
  return children;
}

llvm::Expected<std::optional<ErofsReader::Number>> ErofsReader::findChild(Number directory,
                                                                          llvm::StringRef name) const {
  auto node = image_.node(directory);
  if (!node) return node.takeError();
  if (node->kind != EntryKind::Directory || erofs::isDots(name)) return std::nullopt;
  auto found = image_.find(*node, name);
  if (!found) return found.takeError();
  return *found ? std::optional((*found)->number) : std::nullopt;
}

llvm::Expected<std::optional<ErofsReader::File>> ErofsReader::find(llvm::StringRef path) const {
  Number number = root();
  for (llvm::StringRef rest = path; !rest.empty();) {
    auto [name, below] = rest.split('/');
    auto child = findChild(number, name);
    if (!child) return child.takeError();
    if (!*child) return std::nullopt;
    number = **child;
    rest = below;
  }
  auto file = load(number);
  if (!file) return file.takeError();
  file->entry.path = path.str();
  return std::optional(std::move(*file));
}

llvm::Expected<std::optional<ErofsReader::File>> ErofsReader::resolve(llvm::StringRef path) const {
  std::vector<std::string> todo;
  pushReversed(todo, path);
  std::vector<Child> above = {{"", root()}};  // where we are, and all that it is in
  for (int links = 0; !todo.empty();) {
    std::string name = std::move(todo.back());
    todo.pop_back();
    if (name == "..") {
      if (above.size() > 1) above.pop_back();
      continue;
    }
    auto child = findChild(above.back().number, name);
    if (!child) return child.takeError();
    if (!*child) return std::nullopt;
    auto file = load(**child);
    if (!file) return file.takeError();
    if (file->entry.kind != EntryKind::Symlink) {
      above.push_back({std::move(name), **child});
      continue;
    }
    if (++links > kMaxLinks) return fault(FaultKind::Invalid, printable(path) + ": symbolic links lead in a circle");
    if (llvm::StringRef(file->entry.linkTarget).starts_with("/")) above.resize(1);
    pushReversed(todo, file->entry.linkTarget);
  }
  auto file = load(above.back().number);
  if (!file) return file.takeError();
  for (const Child& part : llvm::drop_begin(above))
    file->entry.path += (file->entry.path.empty() ? "" : "/") + part.name;
  return std::optional(std::move(*file));
}

llvm::Expected<std::unique_ptr<ByteSource>> ErofsReader::content(Number file) const {
  auto node = image_.node(file);
  if (!node) return node.takeError();
  if (node->kind != EntryKind::File) return image_.corrupt("inode " + llvm::Twine(file) + " is no file");
  return std::make_unique<ContentSource>(image_, tar_.get(), *node);
}

}  // namespace strata::layerfs
