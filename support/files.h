#pragma once
/// \file Files and folders: whole reads, atomic writes, staging, removal. Paths are UTF-8 or any bytes without NUL.
/// Whatever must not be seen half-written goes through writeFileAtomically or a Staging.

#include "support/unique_fd.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <sys/types.h>
#include <cstdint>
#include <string>

namespace strata {

/// Joins with exactly one '/'; an absolute `below` is appended all the same.
std::string joinPath(llvm::StringRef above, llvm::StringRef below);

/// open(2) with O_CLOEXEC; relative paths start at `directory` (AT_FDCWD: the current one).
llvm::Expected<UniqueFd> openFile(const std::string& path, int flags, mode_t mode = 0666, int directory = -100);

/// The whole file, at most `limit` bytes. Faults: NotFound; Denied; Invalid if longer; Io.
llvm::Expected<std::string> readFile(const std::string& path, size_t limit = size_t(1) << 30);
llvm::Expected<std::string> readFd(int fd, size_t limit = size_t(1) << 30);

/// Whether something is there (a dangling symlink counts).
bool pathExists(const std::string& path);

/// Makes the directory and its missing parents, mode 0755 less umask.
[[nodiscard]] llvm::Error makeDirectories(const std::string& path);

/// Replaces the file in one rename; with `Sync::Yes` the bytes are on disk first.
enum class Sync { No, Yes };
[[nodiscard]] llvm::Error writeFileAtomically(const std::string& path, llvm::StringRef bytes, mode_t mode = 0644,
                                              Sync sync = Sync::No);

/// rename(2), unlink(2), rmdir(2) of what other processes can see, each a crash point (crash_point.h). 0, or -1 and
/// errno.
int renamePath(const std::string& from, const std::string& to);
int unlinkPath(const std::string& path);
int removeDirectory(const std::string& path);

/// Removes a file or a whole tree, never following symlinks, also out of directories without permissions.
/// Absent is success. A crash point before it, and before each name in the tree's root.
[[nodiscard]] llvm::Error removeTree(const std::string& path);

/// Bytes and inodes below a path (blocks as stat counts them, hard links once).
struct DiskUse {
  uint64_t bytes = 0;
  uint64_t files = 0;
};
llvm::Expected<DiskUse> diskUse(const std::string& path);

/// A directory that is removed with all it holds when its owner goes; keep() disarms it.
class TempDir {
public:
  /// Makes `<parent>/<prefix>XXXXXX`, mode 0700.
  static llvm::Expected<TempDir> make(const std::string& parent, llvm::StringRef prefix = "tmp-");
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&& other) noexcept;
  ~TempDir();

  const std::string& path() const { return path_; }
  std::string keep();  ///< the path; no longer removed

private:
  explicit TempDir(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// An advisory lock on a file, made if missing; held until destroyed, gone with the process.
class FileLock {
public:
  enum class Mode { Shared, Exclusive };
  static llvm::Expected<FileLock> acquire(const std::string& path, Mode mode);
  /// No waiting: Faults Unavailable when another holds it.
  static llvm::Expected<FileLock> tryAcquire(const std::string& path, Mode mode);
  /// A process that inherits this descriptor holds the lock too: it is free when both have closed it.
  int fd() const { return fd_.get(); }

private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace strata
