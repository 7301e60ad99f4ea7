#include "layerfs/layer_walk.h"

#include "layerfs/layer_tar.h"
#include "layerfs/overlay_format.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <map>

namespace strata::layerfs {

namespace {
struct Name {
  std::string text;
  unsigned char type;  ///< of readdir; DT_UNKNOWN where the file system does not say
};

llvm::Expected<std::vector<Name>> namesIn(int directory) {
  UniqueFd listed(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listed) return errnoFault("list");
  DIR* stream = ::fdopendir(listed.get());
  if (!stream) return errnoFault("list");
  listed.release();
  std::vector<Name> names;
  errno = 0;
  while (dirent* entry = ::readdir(stream)) {
    llvm::StringRef name(entry->d_name);
    if (name != "." && name != "..") names.push_back({name.str(), entry->d_type});
  }
  int number = errno;
  ::closedir(stream);
  if (number != 0) return errnoFault("list", number);
  llvm::sort(names, [](const Name& a, const Name& b) { return a.text < b.text; });
  return names;
}

/// Where xattrs are read: from an open file, or from the path of what cannot be opened.
struct XattrPlace {
  int file;
  std::string path;  ///< used where `file` is -1
  ssize_t list(char* buffer, size_t size) const {
    return file >= 0 ? ::flistxattr(file, buffer, size) : ::llistxattr(path.c_str(), buffer, size);
  }
  ssize_t get(const char* name, char* buffer, size_t size) const {
    return file >= 0 ? ::fgetxattr(file, name, buffer, size) : ::lgetxattr(path.c_str(), name, buffer, size);
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

struct Xattrs {
  std::map<std::string, std::string> kept;
  bool opaque = false, whiteout = false;
};

llvm::Expected<Xattrs> readXattrs(const XattrPlace& place) {
  Xattrs xattrs;
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

class Walk {
public:
  Walk(FurtherNames furtherNames, FileVisitor visit) : furtherNames_(furtherNames), visit_(visit) {}
  llvm::Error run(const std::string& directory) {
    auto root = openFile(directory, O_RDONLY | O_DIRECTORY);
    if (!root) return root.takeError();
    return visitDirectory(root->get(), "");
  }

private:
  struct FirstName {
    std::string path;
    nlink_t unseen;  ///< names of the file still to come; at 0 it is forgotten
  };

  llvm::Error visitDirectory(int directory, const std::string& path) {
    struct stat status;
    if (::fstat(directory, &status) != 0) return errnoFault("stat");
    auto xattrs = readXattrs({directory, {}});
    if (!xattrs) return xattrs.takeError();
    LayerEntry entry = entryOf(path, status);
    entry.xattrs = std::move(xattrs->kept);
    if (auto error = visit_(entry, status, -1)) return error;
    if (xattrs->opaque)
      if (auto error = visit_(LayerEntry{.path = path, .kind = EntryKind::Opaque}, status, -1)) return error;
    auto names = namesIn(directory);
    if (!names) return names.takeError();
    for (const Name& name : *names) {
      std::string child = path.empty() ? name.text : path + "/" + name.text;
      if (auto error = visitName(directory, name, child)) return error;
    }
    return llvm::Error::success();
  }

  llvm::Error visitName(int directory, const Name& name, const std::string& path) {
    switch (name.type) {
      case DT_DIR:
        return visitBelow(directory, name.text, path);
      case DT_REG:
        return visitFile(directory, name.text, path);
      default:
        break;
    }
    struct stat status;
    if (::fstatat(directory, name.text.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return errnoFault("stat " + printable(path));
    if (S_ISDIR(status.st_mode)) return visitBelow(directory, name.text, path);
    if (S_ISREG(status.st_mode)) return visitFile(directory, name.text, path);
    // Before the hard links: overlay makes all of its whiteouts names of one device.
    if (isWhiteoutDevice(status)) return visit_(LayerEntry{.path = path, .kind = EntryKind::Whiteout}, status, -1);
    return visitSpecial(directory, name.text, path, status);
  }

  llvm::Error visitBelow(int directory, const std::string& name, const std::string& path) {
    UniqueFd child(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child) return errnoFault("open " + printable(path));
    return visitDirectory(child.get(), path);
  }

  llvm::Error visitFile(int directory, const std::string& name, const std::string& path) {
    UniqueFd file(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) return errnoFault("open " + printable(path));
    struct stat status;
    if (::fstat(file.get(), &status) != 0) return errnoFault("stat " + printable(path));
    auto xattrs = readXattrs({file.get(), {}});
    if (!xattrs) return withContext(xattrs.takeError(), printable(path));
    if (xattrs->whiteout && status.st_size == 0)
      return visit_(LayerEntry{.path = path, .kind = EntryKind::Whiteout}, status, -1);
    LayerEntry entry = entryOf(path, status);
    if (knownByFirstName(entry, status)) return visit_(entry, status, -1);
    entry.xattrs = std::move(xattrs->kept);
    if (entry.size > kCopyBuffer) ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    return visit_(entry, status, file.get());
  }

  llvm::Error visitSpecial(int directory, const std::string& name, const std::string& path, const struct stat& status) {
    LayerEntry entry = entryOf(path, status);
    if (knownByFirstName(entry, status)) return visit_(entry, status, -1);
    if (entry.kind == EntryKind::Symlink) {
      auto target = grownLink(directory, name);
      if (!target) return withContext(target.takeError(), printable(path));
      entry.linkTarget = std::move(*target);
    }
    auto xattrs = readXattrs({-1, "/proc/self/fd/" + std::to_string(directory) + "/" + name});
    if (!xattrs) return withContext(xattrs.takeError(), printable(path));
    entry.xattrs = std::move(xattrs->kept);
    return visit_(entry, status, -1);
  }

  static llvm::Expected<std::string> grownLink(int directory, const std::string& name) {
    std::string target(4097, '\0');  // no file system of Linux keeps longer ones
    ssize_t size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
    if (size < 0) return errnoFault("read link");
    target.resize(size_t(size));
    return target;
  }

  /// Makes the entry a Hardlink if an earlier name of its file was seen.
  bool knownByFirstName(LayerEntry& entry, const struct stat& status) {
    if (status.st_nlink < 2 || furtherNames_ == FurtherNames::Files) return false;
    std::pair key{status.st_dev, status.st_ino};
    auto [found, isFirst] = firstNames_.try_emplace(key, FirstName{entry.path, status.st_nlink - 1});
    if (isFirst) return false;
    entry.kind = EntryKind::Hardlink;
    entry.size = 0;
    entry.deviceMajor = entry.deviceMinor = 0;
    entry.linkTarget = found->second.path;
    if (--found->second.unseen == 0) firstNames_.erase(found);
    return true;
  }

  FurtherNames furtherNames_;
  FileVisitor visit_;
  std::map<std::pair<dev_t, ino_t>, FirstName> firstNames_;
};
}  // namespace

llvm::Error walkFiles(const std::string& directory, FurtherNames names, FileVisitor visit) {
  return withContext(Walk(names, visit).run(directory), directory);
}

llvm::Error walkLayerDirectory(const std::string& directory, EntryVisitor visit) {
  return walkFiles(directory, FurtherNames::Hardlinks, [&](const LayerEntry& entry, const struct stat&, int file) {
    FdSource content(file);
    StringSource none("");
    return visit(entry, file >= 0 ? static_cast<ByteSource&>(content) : none);
  });
}

}  // namespace strata::layerfs
