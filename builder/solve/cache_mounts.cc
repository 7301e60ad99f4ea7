#include "builder/solve/cache_mounts.h"

#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/ScopeExit.h>
#include <llvm/ADT/StringExtras.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace strata::builder {

namespace {
constexpr int kPollMilliseconds = 20;  // flock cannot be waited for together with a cancellation

std::string dataOf(const std::string& slot) { return joinPath(slot, "data"); }
std::string lockOf(const std::string& slot) { return joinPath(slot, "lock"); }

/// Invalid where someone else holds it. Who prunes removes the file under its lock: a lock on a file that is no longer
/// the one at its path protects nothing, and another is tried.
llvm::Expected<UniqueFd> tryLock(const std::string& slot, int mode) {
  for (;;) {
    if (auto error = makeDirectories(slot)) return error;
    UniqueFd file(::open(lockOf(slot).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file && errno == ENOENT) continue;
    if (!file) return errnoFault("open " + lockOf(slot));
    if (::flock(file.get(), mode | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return UniqueFd();
      return errnoFault("lock " + lockOf(slot));
    }
    struct stat ours, there;
    if (::fstat(file.get(), &ours) == 0 && ::stat(lockOf(slot).c_str(), &there) == 0 && ours.st_ino == there.st_ino)
      return file;
  }
}

llvm::Expected<UniqueFd> lock(const std::string& slot, int mode, const CancelToken& cancel) {
  for (;;) {
    auto file = tryLock(slot, mode);
    if (!file || *file) return file;
    pollfd wait{cancel.fd(), POLLIN, 0};
    ::poll(&wait, 1, kPollMilliseconds);
    if (auto error = cancel.check()) return error;
  }
}

std::vector<std::string> namesIn(const std::string& directory) {
  std::vector<std::string> names;
  DIR* stream = ::opendir(directory.c_str());
  if (!stream) return names;
  auto close = llvm::make_scope_exit([&] { ::closedir(stream); });
  while (const dirent* entry = ::readdir(stream))
    if (llvm::StringRef(entry->d_name) != "." && llvm::StringRef(entry->d_name) != "..") names.push_back(entry->d_name);
  return names;
}

/// Every directory that there is, with the one above it.
void eachSlot(const std::string& root,
              llvm::function_ref<void(const std::string& above, const std::string& slot)> take) {
  for (const std::string& key : namesIn(root)) {
    std::string above = joinPath(root, key);
    for (const std::string& number : namesIn(above))
      if (llvm::all_of(number, llvm::isDigit)) take(above, joinPath(above, number));
  }
}

int64_t lastUse(const std::string& slot) {
  struct stat status;
  if (::stat(lockOf(slot).c_str(), &status) != 0) return 0;
  return int64_t(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}
}  // namespace

CacheMounts::CacheMounts(const std::string& storeRoot, std::string staging)
    : root_(joinPath(joinPath(storeRoot, "cache"), "mounts")), staging_(std::move(staging)) {}

std::string CacheMounts::keyOf(const Wish& wish) {
  return Hasher().field("strata-cache-mount-1").field(wish.id).field(wish.seed.raw()).finish().hex();
}

/// Under an exclusive lock. Made aside and renamed, so that what is there is whole.
llvm::Error CacheMounts::make(const std::string& slot, const Wish& wish, Fill fill) {
  auto staged = TempDir::make(staging_, "cache-");
  if (!staged) return staged.takeError();
  std::string directory = joinPath(staged->path(), "data");
  if (wish.seed) {
    if (auto error = fill(directory)) return error;
  } else if (::mkdir(directory.c_str(), 0700) != 0 || ::chown(directory.c_str(), wish.uid, wish.gid) != 0 ||
             ::chmod(directory.c_str(), wish.mode & 07777) != 0) {
    return errnoFault("make " + directory);
  }
  if (renamePath(directory, dataOf(slot)) != 0) return errnoFault("rename to " + dataOf(slot));
  return llvm::Error::success();
}

llvm::Expected<CacheLease> CacheMounts::acquire(const Wish& wish, Fill fill, const CancelToken& cancel) {
  std::string above = joinPath(root_, keyOf(wish)), slot = joinPath(above, "0");
  auto held = [&]() -> llvm::Expected<UniqueFd> {
    if (wish.sharing == CacheSharing::Private) {
      for (unsigned number = 0;; ++number) {
        slot = joinPath(above, std::to_string(number));
        auto file = tryLock(slot, LOCK_EX);
        if (!file || *file) return file;
      }
    }
    bool shared = wish.sharing == CacheSharing::Shared;
    for (;;) {
      auto file = lock(slot, shared ? LOCK_SH : LOCK_EX, cancel);
      if (!file || !shared || pathExists(dataOf(slot))) return file;
      file->reset();  // to make it takes the lock alone
      auto alone = lock(slot, LOCK_EX, cancel);
      if (!alone) return alone;
      if (!pathExists(dataOf(slot)))
        if (auto error = make(slot, wish, fill)) return error;
    }
  }();
  if (!held) return held.takeError();
  if (!pathExists(dataOf(slot)))
    if (auto error = make(slot, wish, fill)) return error;
  if (!pathExists(joinPath(above, "id")))
    if (auto error = writeFileAtomically(joinPath(above, "id"), wish.id + "\n")) return error;
  if (::futimens(held->get(), nullptr) != 0) return errnoFault("touch " + lockOf(slot));
  return CacheLease{dataOf(slot), std::move(*held)};
}

llvm::Expected<CacheMounts::Usage> CacheMounts::usage() const {
  Usage usage;
  llvm::Error failure = llvm::Error::success();
  eachSlot(root_, [&](const std::string&, const std::string& slot) {
    if (failure || !pathExists(dataOf(slot))) return;
    auto bytes = diskUse(dataOf(slot));
    auto alone = tryLock(slot, LOCK_EX);
    if (!alone) failure = llvm::joinErrors(std::move(failure), alone.takeError());
    if (!bytes) {  // its user may be changing it right now
      llvm::consumeError(bytes.takeError());
      return;
    }
    ++usage.directories;
    usage.inUse += alone && !*alone;
    usage.bytes += bytes->bytes;
  });
  if (failure) return failure;
  return usage;
}

llvm::Expected<CacheMounts::Usage> CacheMounts::prune(std::optional<int64_t> unusedSince) {
  Usage removed;
  llvm::Error failure = llvm::Error::success();
  eachSlot(root_, [&](const std::string& above, const std::string& slot) {
    if (failure || (unusedSince && lastUse(slot) >= *unusedSince)) return;
    auto alone = tryLock(slot, LOCK_EX);
    if (!alone) {
      failure = alone.takeError();
      return;
    }
    if (!*alone) return;
    if (auto bytes = diskUse(dataOf(slot)))
      removed.bytes += bytes->bytes;
    else
      llvm::consumeError(bytes.takeError());
    ++removed.directories;
    failure = removeTree(dataOf(slot));
    // The lock goes last, and with it what is then empty.
    unlinkPath(lockOf(slot));
    removeDirectory(slot);
    if (namesIn(above).size() == 1) unlinkPath(joinPath(above, "id"));
    removeDirectory(above);
  });
  if (failure) return failure;
  return removed;
}

}  // namespace strata::builder
