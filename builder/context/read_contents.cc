#include "builder/context/rooted_path.h"
#include "builder/context/since_walk.h"
#include "builder/context/tree_walker.h"
#include "builder/context/xattrs.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <fcntl.h>

namespace strata::builder {

namespace {
/// Below both, one thread is done before others have started.
constexpr size_t kManyUnread = 200;
constexpr uint64_t kManyUnreadBytes = 4 << 20;

class ContentReader {
public:
  ContentReader(const WalkSettings& settings, const CancelToken& cancel) : settings_(settings), cancel_(cancel) {}

  llvm::Error read(TreeWalker::Unread& file) {
    if (auto error = cancel_.check()) return error;
    SourceNode& node = *file.node;
    for (int attempt = 0; attempt < 3; ++attempt) {
      int64_t began = fileClockNow();
      UniqueFd fd = openBeneath(settings_.root, file.path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
      if (!fd) return failure("read", file.path);
      struct stat status;
      if (::fstat(fd.get(), &status) != 0) return failure("stat", file.path);
      if (!S_ISREG(status.st_mode)) return changing(file.path);
      auto digest = hash(fd.get(), uint64_t(status.st_size), file.path);
      if (!digest) return digest.takeError();
      Digest xattrs = xattrsDigest(readXattrs(fd.get()));
      struct stat after;
      if (::fstat(fd.get(), &after) != 0) return failure("stat", file.path);
      bool same = stampOf(status) == stampOf(after);
      if (!same) {
        auto grown = hasOnlyGrown(fd.get(), status, after, *digest);
        if (!grown) return grown.takeError();
        if (!*grown) continue;
      }
      node.entry.size = uint64_t(status.st_size);
      node.entry.mode = status.st_mode & 07777;
      node.mtime = nanosecondsOf(status.st_mtim);
      node.ctime = nanosecondsOf(status.st_ctim);
      node.inode = status.st_ino;
      node.indexable = same && std::max(node.mtime, node.ctime) < began;
      node.entry.xattrs = xattrs;
      node.entry.content = *digest;
      return llvm::Error::success();
    }
    return changing(file.path);
  }

  ReadCount count() const { return {files_.load(), bytes_.load()}; }

private:
  static llvm::Expected<bool> hasOnlyGrown(int fd, const struct stat& before, const struct stat& after,
                                           const Digest& content) {
    if (after.st_ino != before.st_ino || after.st_size <= before.st_size) return false;
    return beginsWith(fd, uint64_t(before.st_size), content);
  }
  /// Of `length` bytes, or of fewer where there are no more.
  llvm::Expected<Digest> hash(int fd, uint64_t length, const std::string& path) {
    static thread_local std::vector<char> buffer(kBuffer);
    Hasher hasher;
    for (uint64_t done = 0; done < length;) {
      ssize_t size = ::read(fd, buffer.data(), size_t(std::min<uint64_t>(buffer.size(), length - done)));
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return failure("read", path);
      if (size == 0) break;
      hasher.update({buffer.data(), size_t(size)});
      done += uint64_t(size);
      bytes_.fetch_add(uint64_t(size), std::memory_order_relaxed);
      if (auto error = cancel_.check()) return error;
    }
    files_.fetch_add(1, std::memory_order_relaxed);
    return hasher.finish();
  }
  llvm::Error failure(llvm::StringRef doing, const std::string& path) const {
    int number = errno;
    return errnoFault(doing + " " + printable(joinPath(settings_.shownRoot, path)), number);
  }
  llvm::Error changing(const std::string& path) const {
    return fault(FaultKind::Invalid,
                 printable(joinPath(settings_.shownRoot, path)) + " changes while it is being read");
  }

  static constexpr size_t kBuffer = 128 * 1024;
  const WalkSettings& settings_;
  const CancelToken& cancel_;
  std::atomic<uint64_t> files_{0}, bytes_{0};
};
}  // namespace

llvm::Expected<ReadCount> readContents(const WalkSettings& settings, std::vector<TreeWalker::Unread>& unread,
                                       const CancelToken& cancel) {
  ContentReader reader(settings, cancel);
  uint64_t bytes = 0;
  for (const auto& file : unread) bytes += file.node->entry.size;
  std::mutex mutex;
  std::optional<llvm::Error> failure;
  std::atomic<size_t> failedAt{unread.size()};
  auto work = [&](size_t i) {
    if (i > failedAt) return;
    llvm::Error error = reader.read(unread[i]);
    if (!error) return;
    std::lock_guard lock(mutex);
    if (i > failedAt) return llvm::consumeError(std::move(error));
    if (failure) llvm::consumeError(std::move(*failure));
    failure = std::move(error);
    failedAt = i;
  };
  llvm::sort(unread, [](const auto& a, const auto& b) { return a.path < b.path; });
  if (unread.size() < kManyUnread && bytes < kManyUnreadBytes) {
    for (size_t i = 0; i < unread.size() && !failure; ++i) work(i);
  } else {
    oneapi::tbb::this_task_arena::isolate([&] { oneapi::tbb::parallel_for(size_t(0), unread.size(), work); });
  }
  llvm::erase_if(unread, [](const auto& file) { return bool(file.node->entry.content); });
  if (failure) return std::move(*failure);
  return reader.count();
}

}  // namespace strata::builder
