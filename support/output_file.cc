#include "support/output_file.h"

#include "support/crash_point.h"
#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

namespace strata {

namespace {
/// The two change places and the old one goes: ext4 would first write all of a new file to the disk before a rename
/// that replaces another, which takes longer than writing it took.
int putInPlace(const std::string& partial, const std::string& path) {
  struct stat status {};
  bool isFile = ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  crashPoint();
  if (isFile && ::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0)
    return unlinkPath(partial);
  return renamePath(partial, path);  // no file there, or a file system that cannot do that
}

bool isPlainTarget(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}
}  // namespace

llvm::Error replaceFile(const std::string& path, mode_t mode, ProduceBytes produce) {
  std::string partial = path + ".partial-" + std::to_string(::getpid());
  auto file = openFile(partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
  if (!file) return file.takeError();
  FdSink sink(file->get());
  llvm::Error error = produce(sink);
  if (!error && putInPlace(partial, path) != 0) error = errnoFault("write " + path);
  if (error) ::unlink(partial.c_str());
  return error;
}

llvm::Error writeOutput(const std::string& path, mode_t mode, ProduceBytes produce) {
  if (isPlainTarget(path)) return replaceFile(path, mode, produce);
  auto file = openFile(path, O_WRONLY);
  if (!file) return file.takeError();
  FdSink sink(file->get());
  return produce(sink);
}

}  // namespace strata
