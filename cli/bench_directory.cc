#include "cli/bench_directory.h"

#include "support/directory_entries.h"
#include "support/fault.h"

#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>

namespace strata::cli {

namespace {
constexpr llvm::StringLiteral kPrefix = "strata-bench-";

std::string lockOf(const std::string& directory) { return joinPath(directory, "lock"); }

/// Another user's may hold anything under these names.
bool isOurs(const std::string& directory) {
  struct stat status {};
  return ::lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
}

llvm::Error removeIfLeft(const std::string& directory) {
  if (!isOurs(directory) || !pathExists(lockOf(directory))) return llvm::Error::success();
  auto lock = FileLock::tryAcquire(lockOf(directory), FileLock::Mode::Exclusive);
  if (lock) return removeTree(directory);
  llvm::Error error = lock.takeError();
  if (takeIf(error, FaultKind::Unavailable) || takeIf(error, FaultKind::NotFound)) return llvm::Error::success();
  return error;
}

void removeRemains(const std::string& above, llvm::function_ref<void(const std::string&)> tell) {
  auto names = entriesOf(above);
  if (!names) return llvm::consumeError(names.takeError());  // where nobody may look there may still be room for ours
  for (const std::string& name : *names)
    if (llvm::StringRef(name).starts_with(kPrefix))
      if (auto error = removeIfLeft(joinPath(above, name)))
        tell("what an earlier benchmark left stays: " + messageOf(std::move(error)));
}
}  // namespace

std::string placeBeside(const std::string& root) {
  std::filesystem::path store = std::filesystem::absolute(root).lexically_normal();
  if (!store.has_filename()) store = store.parent_path();  // it was written with a '/' at its end
  std::filesystem::path above = store.parent_path();
  while (above.has_relative_path() && ::access(above.c_str(), W_OK) != 0) above = above.parent_path();
  return ::access(above.c_str(), W_OK) == 0 ? above.string() : "/var/tmp";
}

llvm::Expected<BenchDirectory> BenchDirectory::make(const std::string& above,
                                                    llvm::function_ref<void(const std::string&)> tell) {
  removeRemains(above, tell);
  while (true) {
    auto directory = TempDir::make(above, kPrefix);
    if (!directory) return directory.takeError();
    auto lock = FileLock::acquire(lockOf(directory->path()), FileLock::Mode::Exclusive);
    if (!lock) return lock.takeError();
    // Between its making and its locking another benchmark may have taken it for remains.
    if (pathExists(lockOf(directory->path()))) return BenchDirectory(std::move(*lock), std::move(*directory));
  }
}

}  // namespace strata::cli
