#include "layerfs/tree_writer.h"

#include "layerfs/entry_path.h"
#include "layerfs/file_attributes.h"
#include "layerfs/overlay_format.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"
#include "support/user_namespace.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <cerrno>
#include <cstring>

namespace strata::layerfs {

namespace {
constexpr uint64_t kLargeFile = 1 << 20;  // from here on the size is set first and zeros become holes

/// As splitPath, with a name that calls take.
std::pair<llvm::StringRef, std::string> splitForCalls(llvm::StringRef path) {
  auto [above, name] = splitPath(path);
  return {above, name.str()};
}

bool isAllZeros(const char* bytes, size_t size) {
  return bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0;
}

/// Where the next bytes lie in a file that may have holes: from `begin` up to `end`; begin == size: there are no more.
struct DataPiece {
  loff_t begin = 0, end = 0;
};
DataPiece nextData(int file, loff_t from, loff_t size) {
  if (uint64_t(size) < kLargeFile) return {from, size};
  off_t begin = ::lseek(file, from, SEEK_DATA);
  if (begin < 0) return errno == ENXIO ? DataPiece{size, size} : DataPiece{from, size};
  off_t end = ::lseek(file, begin, SEEK_HOLE);
  return {std::min<loff_t>(begin, size), end < 0 ? size : std::min<loff_t>(end, size)};
}

/// True if the kernel copied all of it, sharing blocks where the file system can. Holes stay holes in a large file,
/// whose size was set before.
bool copiedByKernel(int from, int to, uint64_t size) {
  if (::ioctl(to, FICLONE, from) == 0) return true;
  for (loff_t in = 0; uint64_t(in) < size;) {
    DataPiece piece = nextData(from, in, loff_t(size));
    loff_t out = in = piece.begin;
    while (in < piece.end) {
      ssize_t count = ::copy_file_range(from, &in, to, &out, size_t(std::min<loff_t>(piece.end - in, 1 << 30)), 0);
      if (count <= 0) return false;
    }
  }
  return true;
}

llvm::Expected<std::vector<std::string>> namesBelow(int directory) {
  UniqueFd listed(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* stream = listed ? ::fdopendir(listed.get()) : nullptr;
  if (!stream) return errnoFault("list");
  listed.release();
  std::vector<std::string> names;
  while (dirent* entry = ::readdir(stream)) {
    llvm::StringRef name(entry->d_name);
    if (name != "." && name != "..") names.push_back(name.str());
  }
  ::closedir(stream);
  return names;
}
}  // namespace

llvm::Expected<TreeWriter> TreeWriter::open(const std::string& directory, Removals removals, NotedOwners* owners) {
  auto root = openFile(directory, O_RDONLY | O_DIRECTORY);
  if (!root) return root.takeError();
  struct stat status;
  if (::fstat(root->get(), &status) != 0) return errnoFault("stat " + directory);
  TreeWriter writer(std::move(*root), removals, Use::Alone);
  writer.directories_[""] = {status.st_mode & 07777, 0};
  writer.owners_ = owners;
  return writer;
}

TreeWriter TreeWriter::shared(UniqueFd directory) {
  return TreeWriter(std::move(directory), Removals::Applied, Use::Shared);
}

llvm::Error TreeWriter::add(const LayerEntry& entry, ByteSource& content, int file) {
  return withContext(addHere(entry, content, file), printable(entry.path.empty() ? "/" : entry.path));
}

llvm::Error TreeWriter::addHere(const LayerEntry& entry, ByteSource& content, int file) {
  if (std::exchange(stale_, false)) cursor_.forget();
  bool removes = entry.kind == EntryKind::Whiteout || entry.kind == EntryKind::Opaque;
  if (isShared_ && removes) return llvm::Error::success();
  switch (entry.kind) {
    case EntryKind::Socket:
      return llvm::Error::success();
    case EntryKind::Directory:
      return entry.path.empty() ? addRoot(entry) : addDirectory(entry);
    case EntryKind::Opaque:
      return addOpaque(entry);
    default:
      break;
  }
  if (entry.path.empty()) return fault(FaultKind::Invalid, "the root can only be a directory");
  if (entry.kind == EntryKind::Whiteout) return addWhiteout(entry);
  if (entry.kind == EntryKind::Hardlink) return addHardlink(entry);
  auto [above, name] = splitForCalls(entry.path);
  auto parent = placeOf(above);
  if (!parent) return parent.takeError();
  if (entry.kind == EntryKind::File) return addFile(parent->fd, name, entry, content, file);
  return addSpecial(parent->fd, name, entry);
}

llvm::Expected<TreeCursor::Place> TreeWriter::placeOf(llvm::StringRef path) {
  return cursor_.directoryAt(path, [this](int above, const std::string& name, const std::string& real) {
    return makeImplied(above, name, real);
  });
}

/// A directory that an entry's path names and that no entry has made: root's, 0755, as docker makes it.
llvm::Error TreeWriter::makeImplied(int above, const std::string& name, const std::string& real) {
  bool opaque = false;
  struct stat status;
  if (::fstatat(above, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (removals_ != Removals::Marked || !isWhiteoutDevice(status))
      return fault(FaultKind::Invalid, printable(real) + " is no directory");
    if (::unlinkat(above, name.c_str(), 0) != 0) return errnoFault("replace " + printable(real));
    opaque = true;
  }
  if (::mkdirat(above, name.c_str(), 0700) != 0) return errnoFault("make directory " + printable(real));
  directories_[real] = {0755, isShared_ ? nowNanoseconds() : 0};
  if (!opaque) return llvm::Error::success();
  auto made = openFile(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, above);
  if (!made) return made.takeError();
  return markOpaque(made->get());
}

llvm::Error TreeWriter::addRoot(const LayerEntry& entry) {
  directories_[""] = {entry.mode, entry.mtime};
  return setOwner({cursor_.root()}, entry, Xattrs::Replace);
}

llvm::Error TreeWriter::addDirectory(const LayerEntry& entry) {
  auto [above, name] = splitForCalls(entry.path);
  auto parent = placeOf(above);
  if (!parent) return parent.takeError();
  std::string real = parent->real.empty() ? name : parent->real + "/" + name;
  bool existed = false, replaced = false, overWhiteout = false;
  if (::mkdirat(parent->fd, name.c_str(), 0700) != 0) {
    struct stat status;
    if (errno != EEXIST) return errnoFault("make directory");
    if (::fstatat(parent->fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return errnoFault("stat");
    existed = S_ISDIR(status.st_mode);
    overWhiteout = isWhiteoutDevice(status) && removals_ == Removals::Marked;
    replaced = !existed;
    if (replaced && isShared_) return fault(FaultKind::Invalid, "cannot overwrite non-directory with directory");
    if (replaced) {
      if (::unlinkat(parent->fd, name.c_str(), 0) != 0) return errnoFault("replace");
      if (::mkdirat(parent->fd, name.c_str(), 0700) != 0) return errnoFault("make directory");
    }
  }
  auto made = openFile(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, parent->fd);
  if (!made) return made.takeError();
  if (existed && !isShared_ && ::fchmod(made->get(), 0700) != 0) return errnoFault("set mode");
  directories_[real] = {entry.mode, entry.mtime};
  if (auto error = setOwner({made->get()}, entry, existed && !isShared_ ? Xattrs::Replace : Xattrs::Add)) return error;
  if (overWhiteout)
    if (auto error = markOpaque(made->get())) return error;
  if (replaced) cursor_.forget();  // a link that stood here may have led somewhere else
  cursor_.remember(entry.path, std::move(real), std::move(*made));
  return llvm::Error::success();
}

llvm::Error TreeWriter::addFile(int parent, const std::string& name, const LayerEntry& entry, ByteSource& content,
                                int file) {
  UniqueFd made;
  auto error = makeInPlace(parent, name, [&] {
    made.reset(::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return made.get();
  });
  if (error) return error;
  if (auto error = fill(made.get(), entry, content, file)) return error;
  // Writing and a new owner clear capabilities, a new owner clears setuid: hence this order.
  if (auto error = setOwner({made.get()}, entry, Xattrs::Add)) return error;
  if (auto error = setMode({made.get()}, entry.mode)) return error;
  return setTime({made.get()}, entry.mtime);
}

llvm::Error TreeWriter::setOwner(const FileHandle& file, const LayerEntry& entry, Xattrs how) {
  if (!owners_) return setOwnerAndXattrs(file, entry, how);
  struct stat status;
  int result = file.fd >= 0 ? ::fstat(file.fd, &status)
                            : ::fstatat(file.directory, file.name.c_str(), &status, AT_SYMLINK_NOFOLLOW);
  if (result != 0) return errnoFault("stat");
  owners_->note(status.st_ino, {entry.uid, entry.gid});
  return llvm::Error::success();
}

llvm::Error TreeWriter::fill(int to, const LayerEntry& entry, ByteSource& content, int from) {
  if (entry.size == 0) return llvm::Error::success();
  bool large = entry.size >= kLargeFile;
  // Refuses a size that no file can have before its zeros are written out one by one.
  if (large && ::ftruncate(to, off_t(entry.size)) != 0) return errnoFault("set size");
  if (from >= 0 && copiedByKernel(from, to, entry.size)) return llvm::Error::success();
  if (from >= 0 && (::lseek(from, 0, SEEK_SET) != 0 || ::lseek(to, 0, SEEK_SET) != 0)) return errnoFault("seek");
  buffer_.resize(kCopyBuffer);
  FdSink sink(to);
  for (uint64_t rest = entry.size; rest > 0;) {
    auto got = content.read(buffer_.data(), size_t(std::min<uint64_t>(rest, buffer_.size())));
    if (!got) return got.takeError();
    if (*got == 0) return fault(FaultKind::Invalid, "ends " + llvm::Twine(rest) + " bytes early");
    rest -= *got;
    if (large && isAllZeros(buffer_.data(), *got)) {
      if (::lseek(to, off_t(*got), SEEK_CUR) < 0) return errnoFault("seek");
    } else if (auto error = sink.write({buffer_.data(), *got})) {
      return error;
    }
  }
  return llvm::Error::success();
}

llvm::Error TreeWriter::addHardlink(const LayerEntry& entry) {
  auto missing = [&] {
    return fault(FaultKind::Invalid, "is a hard link to " + printable(entry.linkTarget) + ", which is not there");
  };
  auto [aboveTarget, targetName] = splitForCalls(entry.linkTarget);
  auto found = cursor_.directoryAt(aboveTarget);
  if (!found) {
    auto error = found.takeError();
    return takeIf(error, FaultKind::NotFound) ? missing() : std::move(error);
  }
  // Held here: finding the link's own directory may close the target's.
  UniqueFd target(::openat(found->fd, targetName.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status;
  if (!target || ::fstat(target.get(), &status) != 0) return missing();
  if (isWhiteoutDevice(status)) return missing();
  if (S_ISDIR(status.st_mode)) return fault(FaultKind::Invalid, "is a hard link to a directory");
  UniqueFd from(::fcntl(found->fd, F_DUPFD_CLOEXEC, 3));
  auto [above, name] = splitForCalls(entry.path);
  auto parent = placeOf(above);
  if (!parent) return parent.takeError();
  struct stat there;
  if (::fstatat(parent->fd, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino == status.st_ino &&
      there.st_dev == status.st_dev)
    return llvm::Error::success();  // a link to itself, or made before
  return makeInPlace(parent->fd, name, [&, at = parent->fd, name = name] {
    return ::linkat(from.get(), targetName.c_str(), at, name.c_str(), 0);
  });
}

llvm::Error TreeWriter::addSpecial(int parent, const std::string& name, const LayerEntry& entry) {
  auto type = [&]() -> mode_t {
    switch (entry.kind) {
      case EntryKind::CharacterDevice:
        return S_IFCHR;
      case EntryKind::BlockDevice:
        return S_IFBLK;
      default:
        return S_IFIFO;
    }
  };
  bool link = entry.kind == EntryKind::Symlink;
  auto error = makeInPlace(parent, name, [&] {
    if (link) return ::symlinkat(entry.linkTarget.c_str(), parent, name.c_str());
    return ::mknodat(parent, name.c_str(), type() | 0600, makedev(entry.deviceMajor, entry.deviceMinor));
  });
  // Root of a user namespace may make no devices, and an image's are not those that a container has.
  bool isDevice = entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice;
  if (isDevice && (owners_ || !inInitialUserNamespace()) && takeIf(error, FaultKind::Denied))
    return llvm::Error::success();
  if (error) return error;
  FileHandle file{-1, parent, name};
  if (auto error = setOwner(file, entry, Xattrs::Add)) return error;
  if (!link)
    if (auto error = setMode(file, entry.mode)) return error;
  return setTime(file, entry.mtime);
}

llvm::Error TreeWriter::addWhiteout(const LayerEntry& entry) {
  auto [above, name] = splitForCalls(entry.path);
  if (removals_ == Removals::Applied) {
    auto parent = cursor_.directoryAt(above);
    if (parent) return clear(parent->fd, name);
    auto error = parent.takeError();
    return takeIf(error, FaultKind::NotFound) ? llvm::Error::success() : std::move(error);
  }
  auto parent = placeOf(above);
  if (!parent) return parent.takeError();
  if (::mknodat(parent->fd, name.c_str(), S_IFCHR, makedev(0, 0)) == 0) return llvm::Error::success();
  if (errno != EEXIST) return errnoFault("make whiteout");
  // What this layer has itself stays: a whiteout removes from the layers below only. A directory no longer shows
  // theirs.
  UniqueFd own(::openat(parent->fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return own ? markOpaque(own.get()) : llvm::Error::success();
}

llvm::Error TreeWriter::addOpaque(const LayerEntry& entry) {
  auto place = placeOf(entry.path);
  if (!place) return place.takeError();
  if (removals_ == Removals::Marked) return markOpaque(place->fd);
  UniqueFd directory(::fcntl(place->fd, F_DUPFD_CLOEXEC, 3));
  auto names = namesBelow(directory.get());
  if (!names) return names.takeError();
  for (const std::string& name : *names)
    if (auto error = clear(directory.get(), name)) return error;
  return llvm::Error::success();
}

/// Removes a name with all below it. Absent is success.
llvm::Error TreeWriter::clear(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), 0) != 0) {
    if (errno == ENOENT) return llvm::Error::success();
    if (errno == EISDIR && isShared_) return fault(FaultKind::Invalid, "cannot overwrite directory with non-directory");
    if (isShared_ || (errno != EISDIR && errno != EPERM)) return errnoFault("replace");
    if (auto error = removeTree("/proc/self/fd/" + std::to_string(parent) + "/" + name)) return error;
  }
  stale_ = true;  // it may have been a directory or a link to one; not forgotten yet, since `parent` is in use
  return llvm::Error::success();
}

llvm::Error TreeWriter::makeInPlace(int parent, const std::string& name, Make make) {
  if (make() >= 0) return llvm::Error::success();
  if (errno != EEXIST) return errnoFault("make");
  if (auto error = clear(parent, name)) return error;
  return make() >= 0 ? llvm::Error::success() : errnoFault("make");
}

llvm::Error TreeWriter::finish() {
  for (const auto& [real, attributes] : llvm::reverse(directories_))
    if (auto error = settle(real, attributes)) return withContext(std::move(error), printable(real));
  return llvm::Error::success();
}

llvm::Error TreeWriter::settle(const std::string& real, const Attributes& attributes) {
  UniqueFd opened;
  if (!real.empty()) {
    auto [above, name] = splitForCalls(real);
    auto parent = cursor_.directoryAt(above);
    if (!parent) {  // gone, or replaced by a file or by links that lead nowhere
      auto error = parent.takeError();
      bool replaced = takeIf(error, FaultKind::NotFound) || takeIf(error, FaultKind::Invalid);
      return replaced ? llvm::Error::success() : std::move(error);
    }
    if (parent->real != above) return llvm::Error::success();  // replaced by a link since
    opened.reset(::openat(parent->fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened) return llvm::Error::success();  // replaced by something else since
  }
  FileHandle file{real.empty() ? cursor_.root() : opened.get()};
  if (auto error = setMode(file, attributes.mode)) return error;
  return setTime(file, attributes.mtime);
}

}  // namespace strata::layerfs
