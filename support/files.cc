#include "support/files.h"

#include "support/bytes.h"
#include "support/crash_point.h"
#include "support/fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <cerrno>
#include <set>
#include <vector>

namespace strata {

std::string joinPath(llvm::StringRef above, llvm::StringRef below) {
  return (above.rtrim('/') + "/" + below.ltrim('/')).str();
}

llvm::Expected<UniqueFd> openFile(const std::string& path, int flags, mode_t mode, int directory) {
  int fd;
  do fd = ::openat(directory, path.c_str(), flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return errnoFault("open " + path);
  return UniqueFd(fd);
}

llvm::Expected<std::string> readFd(int fd, size_t limit) {
  FdSource source(fd);
  return readAll(source, limit);
}

llvm::Expected<std::string> readFile(const std::string& path, size_t limit) {
  auto fd = openFile(path, O_RDONLY);
  if (!fd) return fd.takeError();
  auto text = readFd(fd->get(), limit);
  if (!text) return withContext(text.takeError(), path);
  return text;
}

bool pathExists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

llvm::Error makeDirectories(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) {
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) return errnoFault("make directory " + path);  // a dangling link
    if (!S_ISDIR(status.st_mode)) return fault(FaultKind::Exists, path + " is there and is no directory");
    return llvm::Error::success();
  }
  if (errno != ENOENT) return errnoFault("make directory " + path);
  size_t slash = path.find_last_of('/');
  if (slash == std::string::npos || slash == 0) return errnoFault("make directory " + path);
  if (auto error = makeDirectories(path.substr(0, slash))) return error;
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return errnoFault("make directory " + path);
  return llvm::Error::success();
}

int renamePath(const std::string& from, const std::string& to) {
  crashPoint();
  return ::rename(from.c_str(), to.c_str());
}

int unlinkPath(const std::string& path) {
  crashPoint();
  return ::unlink(path.c_str());
}

int removeDirectory(const std::string& path) {
  crashPoint();
  return ::rmdir(path.c_str());
}

llvm::Error writeFileAtomically(const std::string& path, llvm::StringRef bytes, mode_t mode, Sync sync) {
  std::string staged = path + ".XXXXXX";
  UniqueFd fd(::mkostemp(staged.data(), O_CLOEXEC));
  if (!fd) return errnoFault("write " + path);
  auto write = [&]() -> llvm::Error {
    FdSink sink(fd.get());
    if (auto error = sink.write(bytes)) return withContext(std::move(error), path);
    if (::fchmod(fd.get(), mode) != 0) return errnoFault("chmod " + path);
    if (sync == Sync::Yes && ::fdatasync(fd.get()) != 0) return errnoFault("sync " + path);
    if (renamePath(staged, path) != 0) return errnoFault("rename to " + path);
    return llvm::Error::success();
  };
  auto error = write();
  if (error) ::unlink(staged.c_str());
  return error;
}

namespace {
llvm::Expected<std::vector<std::string>> namesIn(int directory, const std::string& shown) {
  UniqueFd listed(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* stream = listed ? ::fdopendir(listed.get()) : nullptr;
  if (!stream) return errnoFault("list " + shown);
  listed.release();
  std::vector<std::string> names;
  while (dirent* entry = ::readdir(stream)) {
    llvm::StringRef child(entry->d_name);
    if (child != "." && child != "..") names.push_back(child.str());
  }
  ::closedir(stream);
  return names;
}

/// One removal. What lies deeper than kDeepest levels is moved up into the tree's root first and removed from there, so
/// that no tree is too deep for our descriptors and our stack.
class TreeRemoval {
public:
  llvm::Error entry(int parent, const char* name, const std::string& shown) {
    if (level_ <= 1) crashPoint();
    if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return llvm::Error::success();
    int unlinked = errno;
    if (unlinked != EISDIR && unlinked != EPERM) return errnoFault("remove " + shown);
    if (::unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return llvm::Error::success();
    if (errno == ENOTDIR) return errnoFault("remove " + shown, unlinked);  // a file that may not go
    if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES) return errnoFault("remove " + shown);
    ++level_;
    auto error = children(parent, name, shown);
    --level_;
    if (error) return error;
    if (level_ == 0) crashPoint();
    if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) return errnoFault("remove " + shown);
    return llvm::Error::success();
  }

private:
  static constexpr int kDeepest = 100;

  llvm::Error children(int parent, const char* name, const std::string& shown) {
    UniqueFd directory(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory && errno == EACCES) {  // a mode without read or search: ours to mend, since it goes anyway
      if (::fchmodat(parent, name, 0700, 0) != 0) return errnoFault("open " + shown);
      directory.reset(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    if (!directory) return errno == ENOENT ? llvm::Error::success() : errnoFault("open " + shown);
    if (::faccessat(directory.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) ::fchmod(directory.get(), 0700);
    if (level_ == 1) root_ = directory.get();
    for (unsigned movedBefore = moved_;; movedBefore = moved_) {
      auto names = namesIn(directory.get(), shown);
      if (!names) return names.takeError();
      for (const std::string& child : *names) {
        if (level_ >= kDeepest && moveUp(directory.get(), child)) continue;
        if (auto error = entry(directory.get(), child.c_str(), joinPath(shown, child))) return error;
      }
      if (level_ > 1 || moved_ == movedBefore) return llvm::Error::success();
    }
  }

  /// Renames a directory into the root; false for what is none, or on another file system.
  bool moveUp(int directory, const std::string& child) {
    struct stat status;
    if (::fstatat(directory, child.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode))
      return false;
    for (;;) {
      std::string name = "deep-" + std::to_string(moved_++);
      if (::renameat(directory, child.c_str(), root_, name.c_str()) == 0) return true;
      if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) return false;  // else another name is tried
    }
  }

  int root_ = -1;
  int level_ = 0;
  unsigned moved_ = 0;
};
}  // namespace

llvm::Error removeTree(const std::string& path) { return TreeRemoval().entry(AT_FDCWD, path.c_str(), path); }

namespace {
/// Adds up a tree of any depth with one descriptor: down by name, up by "..", which must lead to where it came from.
class DiskUseWalk {
public:
  llvm::Error add(const std::string& path) {
    if (auto error = count(AT_FDCWD, path)) return error;
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.children.empty()) {
        if (auto error = leave()) return error;
        continue;
      }
      std::string child = std::move(level.children.back());
      level.children.pop_back();
      if (auto error = count(here_.get(), child)) return error;
    }
    return llvm::Error::success();
  }
  DiskUse use;

private:
  struct Level {
    std::vector<std::string> children;  ///< not yet counted
    struct stat status;
  };

  llvm::Error count(int parent, const std::string& name) {
    struct stat status;
    if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return llvm::Error::success();  // removed by another process meanwhile
      return errnoFault("stat " + name);
    }
    bool linked = !S_ISDIR(status.st_mode) && status.st_nlink > 1;
    if (!linked || seen_.insert({status.st_dev, status.st_ino}).second) {
      use.bytes += uint64_t(status.st_blocks) * 512;
      ++use.files;
    }
    return S_ISDIR(status.st_mode) ? enter(parent, name) : llvm::Error::success();
  }

  llvm::Error enter(int parent, const std::string& name) {
    UniqueFd directory(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) return errno == ENOENT ? llvm::Error::success() : errnoFault("open " + name);
    auto names = namesIn(directory.get(), name);
    if (!names) return names.takeError();
    Level level{.children = std::move(*names)};
    if (::fstat(directory.get(), &level.status) != 0) return errnoFault("stat " + name);
    levels_.push_back(std::move(level));
    here_ = std::move(directory);
    return llvm::Error::success();
  }

  llvm::Error leave() {
    levels_.pop_back();
    if (levels_.empty()) return llvm::Error::success();
    UniqueFd above(::openat(here_.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status;
    if (!above || ::fstat(above.get(), &status) != 0) return errnoFault("leave a directory");
    const struct stat& expected = levels_.back().status;
    if (status.st_dev != expected.st_dev || status.st_ino != expected.st_ino)
      return fault(FaultKind::Io, "a directory was moved while its disk use was added up; try again");
    here_ = std::move(above);
    return llvm::Error::success();
  }

  UniqueFd here_;
  std::vector<Level> levels_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};
}  // namespace

llvm::Expected<DiskUse> diskUse(const std::string& path) {
  DiskUseWalk walk;
  if (auto error = walk.add(path)) return error;
  return walk.use;
}

llvm::Expected<TempDir> TempDir::make(const std::string& parent, llvm::StringRef prefix) {
  std::string path = joinPath(parent, prefix) + "XXXXXX";
  if (!::mkdtemp(path.data())) return errnoFault("make a temporary directory in " + parent);
  return TempDir(std::move(path));
}
TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
TempDir& TempDir::operator=(TempDir&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}
TempDir::~TempDir() {
  if (!path_.empty()) llvm::consumeError(removeTree(path_));
}
std::string TempDir::keep() { return std::exchange(path_, {}); }

namespace {
llvm::Expected<UniqueFd> lockFile(const std::string& path, FileLock::Mode mode, int extra) {
  auto fd = openFile(path, O_RDWR | O_CREAT, 0644);
  if (!fd) return fd.takeError();
  int result;
  do result = ::flock(fd->get(), (mode == FileLock::Mode::Shared ? LOCK_SH : LOCK_EX) | extra);
  while (result != 0 && errno == EINTR);
  if (result != 0 && errno == EWOULDBLOCK) return fault(FaultKind::Unavailable, path + " is locked by another process");
  if (result != 0) return errnoFault("lock " + path);
  return fd;
}
}  // namespace

llvm::Expected<FileLock> FileLock::acquire(const std::string& path, Mode mode) {
  auto fd = lockFile(path, mode, 0);
  if (!fd) return fd.takeError();
  return FileLock(std::move(*fd));
}
llvm::Expected<FileLock> FileLock::tryAcquire(const std::string& path, Mode mode) {
  auto fd = lockFile(path, mode, LOCK_NB);
  if (!fd) return fd.takeError();
  return FileLock(std::move(*fd));
}

}  // namespace strata
