#include "layerfs/layer_file.h"

#include "layerfs/overlay_format.h"
#include "layerfs/plain_open.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

namespace strata::layerfs {

llvm::Expected<std::vector<DirectoryName>> namesIn(int directory) {
  UniqueFd listed(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listed) return errnoFault("list");
  DIR* stream = ::fdopendir(listed.get());
  if (!stream) return errnoFault("list");
  listed.release();
  std::vector<DirectoryName> names;
  errno = 0;
  while (dirent* entry = ::readdir(stream)) {
    llvm::StringRef name(entry->d_name);
    if (name != "." && name != "..") names.push_back({name.str(), entry->d_type});
  }
  int number = errno;
  ::closedir(stream);
  if (number != 0) return errnoFault("list", number);
  llvm::sort(names, [](const DirectoryName& a, const DirectoryName& b) { return a.text < b.text; });
  return names;
}

namespace {
/// Where xattrs are read: from an open file, or from the path by which the kernel shows what cannot be opened.
struct XattrPlace {
  int file;
  std::string path;  ///< used where `file` is -1
  ssize_t list(char* buffer, size_t size) const {
    return file >= 0 ? ::flistxattr(file, buffer, size) : ::listxattr(path.c_str(), buffer, size);
  }
  ssize_t get(const char* name, char* buffer, size_t size) const {
    return file >= 0 ? ::fgetxattr(file, name, buffer, size) : ::getxattr(path.c_str(), name, buffer, size);
  }
};

/// Calls `fill(buffer, size)` with a buffer that is large enough.
template <typename Fill>
llvm::Expected<std::string> grown(Fill fill) {
  std::string buffer(1024, '\0');
  for (;;) {
    ssize_t size = fill(buffer.data(), buffer.size());
    if (size >= 0) {
      buffer.resize(size_t(size));
      return buffer;
    }
    if (errno != ERANGE) return errnoFault("read extended attributes");
    buffer.resize(buffer.size() * 8);
  }
}

struct FoundXattrs {
  std::map<std::string, std::string> kept;
  bool opaque = false, whiteout = false;
};

llvm::Expected<FoundXattrs> readXattrs(const XattrPlace& place) {
  FoundXattrs xattrs;
  char first[1024];
  ssize_t size = place.list(first, sizeof first);
  if (size == 0 || (size < 0 && errno == EOPNOTSUPP)) return xattrs;
  auto names = grown([&](char* buffer, size_t space) { return place.list(buffer, space); });
  if (!names) return names.takeError();
  llvm::SmallVector<llvm::StringRef, 8> list;
  llvm::StringRef(*names).split(list, '\0', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef listed : list) {
    std::string name = listed.str();
    bool mark = isOpaqueXattr(name);
    if (isWhiteoutXattr(name)) xattrs.whiteout = true;
    if (!mark && !xattrTravels(name)) continue;
    auto value = grown([&](char* buffer, size_t space) { return place.get(name.c_str(), buffer, space); });
    if (!value) return value.takeError();
    if (mark)
      xattrs.opaque |= *value == "y";  // "x" says that xattr whiteouts may be inside, not that lower names are hidden
    else
      xattrs.kept[name] = std::move(*value);
  }
  return xattrs;
}

EntryKind kindOfMode(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return EntryKind::Directory;
    case S_IFLNK:
      return EntryKind::Symlink;
    case S_IFCHR:
      return EntryKind::CharacterDevice;
    case S_IFBLK:
      return EntryKind::BlockDevice;
    case S_IFIFO:
      return EntryKind::Fifo;
    case S_IFSOCK:
      return EntryKind::Socket;
    default:
      return EntryKind::File;
  }
}

LayerEntry entryOf(std::string path, const struct stat& status) {
  LayerEntry entry;
  entry.path = std::move(path);
  entry.kind = kindOfMode(status.st_mode);
  entry.mode = status.st_mode & 07777;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.size = entry.kind == EntryKind::File ? uint64_t(status.st_size) : 0;
  entry.mtime = int64_t(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice) {
    entry.deviceMajor = major(status.st_rdev);
    entry.deviceMinor = minor(status.st_rdev);
  }
  return entry;
}

llvm::Expected<std::string> targetOf(int link) {
  std::string target(4097, '\0');  // no file system of Linux keeps longer ones
  ssize_t size = ::readlinkat(link, "", target.data(), target.size());
  if (size < 0) return errnoFault("read link");
  target.resize(size_t(size));
  return target;
}

/// What can be opened: a directory or a plain file.
llvm::Expected<LayerFile> readOpened(UniqueFd file, std::string path) {
  LayerFile read;
  if (::fstat(file.get(), &read.status) != 0) return errnoFault("stat " + printable(path));
  auto xattrs = readXattrs({file.get(), {}});
  if (!xattrs) return withContext(xattrs.takeError(), printable(path));
  bool whiteout = xattrs->whiteout && S_ISREG(read.status.st_mode) && read.status.st_size == 0;
  if (whiteout) {
    read.entry = {.path = std::move(path), .kind = EntryKind::Whiteout};
    return read;
  }
  read.entry = entryOf(std::move(path), read.status);
  read.entry.xattrs = std::move(xattrs->kept);
  read.opaque = xattrs->opaque && read.entry.kind == EntryKind::Directory;
  read.file = std::move(file);
  return read;
}

llvm::Expected<LayerFile> openAndRead(int directory, const std::string& name, int flags, std::string path) {
  UniqueFd file = openWithoutLinks(directory, name, O_RDONLY | flags);
  if (!file) return errnoFault("open " + printable(path));
  return readOpened(std::move(file), std::move(path));
}

/// `file` is open with O_PATH.
llvm::Expected<LayerFile> readSpecial(int file, const struct stat& status, std::string path) {
  LayerFile read;
  read.status = status;
  read.entry = entryOf(std::move(path), status);
  if (read.entry.kind == EntryKind::Symlink) {
    auto target = targetOf(file);
    if (!target) return withContext(target.takeError(), printable(read.entry.path));
    read.entry.linkTarget = std::move(*target);
  }
  auto xattrs = readXattrs({-1, "/proc/self/fd/" + std::to_string(file)});
  if (!xattrs) return withContext(xattrs.takeError(), printable(read.entry.path));
  read.entry.xattrs = std::move(xattrs->kept);
  return read;
}
}  // namespace

llvm::Expected<LayerFile> readLayerRoot(const std::string& directory) {
  auto root = openFile(directory, O_RDONLY | O_DIRECTORY);
  if (!root) return root.takeError();
  return readOpened(std::move(*root), "");
}

llvm::Expected<LayerFile> readLayerFile(int directory, const DirectoryName& name, std::string path) {
  if (name.type == DT_DIR) return openAndRead(directory, name.text, O_DIRECTORY, std::move(path));
  if (name.type == DT_REG) return openAndRead(directory, name.text, O_NONBLOCK, std::move(path));
  UniqueFd file = openWithoutLinks(directory, name.text, O_PATH);
  struct stat status;
  if (!file || ::fstat(file.get(), &status) != 0) return errnoFault("open " + printable(path));
  if (S_ISDIR(status.st_mode) || S_ISREG(status.st_mode))
    return openAndRead(directory, name.text, S_ISDIR(status.st_mode) ? O_DIRECTORY : O_NONBLOCK, std::move(path));
  // Before the hard links: overlay makes all of its whiteouts names of one device.
  if (!isWhiteoutDevice(status)) return readSpecial(file.get(), status, std::move(path));
  LayerFile read;
  read.status = status;
  read.entry = {.path = std::move(path), .kind = EntryKind::Whiteout};
  return read;
}

void becomeHardlink(LayerEntry& entry, const std::string& firstName) {
  entry.kind = EntryKind::Hardlink;
  entry.size = 0;
  entry.deviceMajor = entry.deviceMinor = 0;
  entry.xattrs.clear();
  entry.linkTarget = firstName;
}

}  // namespace strata::layerfs
