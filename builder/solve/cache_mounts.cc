#include "builder/solve/cache_mounts.h"

#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/StringExtras.h>

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
    if (!file && errno == EISDIR) {  // damaged
      if (auto error = removeTree(lockOf(slot))) return error;
      continue;
    }
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

llvm::Error pause(const CancelToken& cancel) {
  pollfd wait{cancel.fd(), POLLIN, 0};
  ::poll(&wait, 1, kPollMilliseconds);
  return cancel.check();
}

llvm::Expected<UniqueFd> lock(const std::string& slot, int mode, const CancelToken& cancel) {
  for (;;) {
    auto file = tryLock(slot, mode);
    if (!file || *file) return file;
    if (auto error = pause(cancel)) return error;
  }
}

/// What is no directory in the place of one is damage: it makes room.
bool hasData(const std::string& slot) {
  struct stat status;
  return ::lstat(dataOf(slot).c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::vector<std::string> namesIn(const std::string& directory) {
  auto names = entriesOf(directory);
  if (names) return std::move(*names);
  llvm::consumeError(names.takeError());
  return {};
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
  } else if (auto error = fill(directory)) {
    return error;
  }
  if (pathExists(dataOf(slot)))
    if (auto error = removeTree(dataOf(slot))) return error;
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
      if (!file || !shared || hasData(slot)) return file;
      file->reset();  // to make it takes the lock alone
      auto alone = tryLock(slot, LOCK_EX);
      if (!alone) return alone;
      if (!*alone) {  // another one makes it, or has made it and stays: nothing to wait for until it ends
        if (auto error = pause(cancel)) return error;
      } else if (!hasData(slot)) {
        if (auto error = make(slot, wish, fill)) return error;
      }
    }
  }();
  if (!held) return held.takeError();
  if (!hasData(slot))
    if (auto error = make(slot, wish, fill)) return error;
  if (!pathExists(joinPath(above, "id")))
    if (auto error = writeFileAtomically(joinPath(above, "id"), wish.id + "\n")) return error;
  if (::futimens(held->get(), nullptr) != 0) return errnoFault("touch " + lockOf(slot));
  return CacheLease{dataOf(slot), std::move(*held)};
}

llvm::Expected<std::optional<CacheLease>> CacheMounts::borrow(const std::string& key) const {
  std::string slot = joinPath(joinPath(root_, key), "0");
  if (!hasData(slot)) return std::nullopt;
  auto file = tryLock(slot, LOCK_SH);
  if (!file) return file.takeError();
  if (!*file || !hasData(slot)) return std::nullopt;
  return CacheLease{dataOf(slot), std::move(*file)};
}

llvm::Expected<std::vector<CacheMounts::Slot>> CacheMounts::list() const {
  std::vector<Slot> slots;
  llvm::Error failure = llvm::Error::success();
  eachSlot(root_, [&](const std::string& above, const std::string& path) {
    if (failure || !pathExists(dataOf(path))) return;
    auto bytes = diskUse(path);
    auto alone = tryLock(path, LOCK_EX);
    if (!alone) failure = llvm::joinErrors(std::move(failure), alone.takeError());
    if (!bytes) {  // its user may be changing it right now
      llvm::consumeError(bytes.takeError());
      return;
    }
    auto id = readFile(joinPath(above, "id"), 1 << 16);
    if (!id) llvm::consumeError(id.takeError());
    slots.push_back({.path = path,
                     .id = id ? llvm::StringRef(*id).trim().str() : "",
                     .bytes = bytes->bytes,
                     .lastUse = lastUse(path),
                     .inUse = alone && !*alone});
  });
  if (failure) return failure;
  return slots;
}

llvm::Expected<bool> CacheMounts::remove(const std::string& slot) {
  std::string above = llvm::StringRef(slot).rsplit('/').first.str();
  auto alone = tryLock(slot, LOCK_EX);
  if (!alone) return alone.takeError();
  if (!*alone) return false;
  if (auto error = removeTree(dataOf(slot))) return error;
  // The lock goes last, and with it what is then empty.
  unlinkPath(lockOf(slot));
  removeDirectory(slot);
  if (namesIn(above).size() == 1) unlinkPath(joinPath(above, "id"));
  removeDirectory(above);
  return true;
}

llvm::Expected<CacheMounts::Usage> CacheMounts::usage() const {
  auto slots = list();
  if (!slots) return slots.takeError();
  Usage usage;
  for (const Slot& slot : *slots) {
    ++usage.directories;
    usage.inUse += slot.inUse;
    usage.bytes += slot.bytes;
  }
  return usage;
}

llvm::Expected<CacheMounts::Usage> CacheMounts::prune(std::optional<int64_t> unusedSince) {
  auto slots = list();
  if (!slots) return slots.takeError();
  Usage removed;
  for (const Slot& slot : *slots) {
    if (unusedSince && slot.lastUse >= *unusedSince) continue;
    auto gone = remove(slot.path);
    if (!gone) return gone.takeError();
    if (!*gone) continue;
    ++removed.directories;
    removed.bytes += slot.bytes;
  }
  return removed;
}

}  // namespace strata::builder
