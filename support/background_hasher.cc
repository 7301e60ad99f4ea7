#include "support/background_hasher.h"

#include "support/cores.h"

#include <oneapi/tbb/task_arena.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <vector>

namespace strata {

namespace {
constexpr size_t kPiece = 256 * 1024;
constexpr size_t kMostWaiting = 4;

struct Piece {
  std::unique_ptr<char[]> bytes;
  size_t size = 0;
};

bool hasSecondCore() {
  static const bool has = usableCores() > 1;
  return has;
}

oneapi::tbb::task_arena& arena() {
  static oneapi::tbb::task_arena hashing;
  return hashing;
}
}  // namespace

/// Pieces in the order they came. Whoever sets `busy` alone touches the hasher until it is unset.
struct BackgroundHasher::Queue {
  std::mutex mutex;  ///< never held across a tbb:: call
  std::condition_variable becameIdle;
  std::deque<Piece> waiting;
  std::vector<Piece> spare;
  bool busy = false, taskIsOnItsWay = false;
  Hasher hasher;
  Piece filling;  ///< the caller's alone

  void hashOldest(std::unique_lock<std::mutex>& lock) {
    Piece piece = std::move(waiting.front());
    waiting.pop_front();
    busy = true;
    lock.unlock();
    hasher.update({piece.bytes.get(), piece.size});
    lock.lock();
    busy = false;
    spare.push_back(std::move(piece));
    becameIdle.notify_all();
  }

  /// By the caller: gets on with the oldest piece, itself unless somebody has begun with it.
  void advance(std::unique_lock<std::mutex>& lock) {
    if (busy)
      becameIdle.wait(lock);
    else
      hashOldest(lock);
  }

  void runTask() {
    std::unique_lock lock(mutex);
    while (!busy && !waiting.empty()) hashOldest(lock);
    taskIsOnItsWay = false;
  }

  Piece emptyPiece() {
    std::lock_guard lock(mutex);
    if (spare.empty()) return {std::make_unique_for_overwrite<char[]>(kPiece), 0};
    Piece piece = std::move(spare.back());
    spare.pop_back();
    piece.size = 0;
    return piece;
  }
};

BackgroundHasher::BackgroundHasher() : queue_(std::make_shared<Queue>()) {}
BackgroundHasher::~BackgroundHasher() = default;
BackgroundHasher::BackgroundHasher(BackgroundHasher&&) noexcept = default;
BackgroundHasher& BackgroundHasher::operator=(BackgroundHasher&&) noexcept = default;

void BackgroundHasher::update(llvm::StringRef bytes) {
  Piece& piece = queue_->filling;
  while (!bytes.empty()) {
    if (!piece.bytes) piece = queue_->emptyPiece();
    llvm::StringRef part = bytes.take_front(kPiece - piece.size);
    std::memcpy(piece.bytes.get() + piece.size, part.data(), part.size());
    piece.size += part.size();
    bytes = bytes.drop_front(part.size());
    if (piece.size == kPiece) submit();
  }
}

void BackgroundHasher::submit() {
  bool needsTask = false;
  {
    std::unique_lock lock(queue_->mutex);
    while (queue_->waiting.size() >= kMostWaiting) queue_->advance(lock);
    queue_->waiting.push_back(std::exchange(queue_->filling, {}));
    needsTask = hasSecondCore() && !queue_->taskIsOnItsWay;
    if (needsTask) queue_->taskIsOnItsWay = true;
  }
  if (needsTask) arena().enqueue([queue = queue_] { queue->runTask(); });
}

Digest BackgroundHasher::finish() {
  std::unique_lock lock(queue_->mutex);
  while (queue_->busy || !queue_->waiting.empty()) queue_->advance(lock);
  Piece& rest = queue_->filling;
  queue_->hasher.update({rest.bytes.get(), rest.size});
  return queue_->hasher.finish();
}

}  // namespace strata
