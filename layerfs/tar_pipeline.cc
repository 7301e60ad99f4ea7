#include "layerfs/tar_pipeline.h"

#include "layerfs/layer_tar.h"
#include "layerfs/overlay_format.h"
#include "support/bytes.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>

#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <sys/stat.h>
#include <unistd.h>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace strata::layerfs {

namespace {
constexpr size_t kPieceBytes = 1 << 20;
constexpr size_t kPieceFiles = 128;
constexpr size_t kPiecesInFlight = 8;

/// A file of more than a piece, read in several.
struct LargeFile {
  TarItem item;
  UniqueFd opened = {};
  Hasher hasher = {};  ///< of the content, if somebody wants to know

  StoredContent content() const { return item.stored.value_or(StoredContent{opened.get(), 0}); }
};

/// Without the zeros that a string writes where a file's bytes are to come.
using Bytes = llvm::SmallVector<char, 0>;

llvm::StringRef textOf(const Bytes& bytes) { return {bytes.data(), bytes.size()}; }
void append(Bytes& bytes, llvm::StringRef text) { bytes.append(text.begin(), text.end()); }

/// What is read by one thread and appended as one: some files, or a part of a large one.
struct Piece {
  std::vector<TarItem> items;
  std::shared_ptr<LargeFile> large;
  uint64_t offset = 0, length = 0;  ///< of the part

  Bytes bytes;
  std::vector<size_t> contents;           ///< where in `bytes` each item's content begins
  uint64_t place = 0;                     ///< in the tar
  Likeness likeness = Likeness::Unknown;  ///< of an earlier tar there
};

/// What becomes of the pieces.
struct Target {
  int file = -1;
  LayerIndex* index = nullptr;
  bool onlyCompare = false;  ///< instead of these: until a piece is another than the earlier tar's
};

class TarPipeline {
public:
  TarPipeline(NextTarItem next, Target target, const KnownTar* like, const CancelToken& cancel)
      : next_(next), target_(target), cancel_(cancel), hasher_(like) {}

  /// Nothing: only comparing was asked for, and there is a difference.
  llvm::Expected<std::optional<WrittenTar>> run() {
    PiecePtr first = nextPiece();
    PiecePtr second = first && !failed_ ? nextPiece() : nullptr;
    if (second)
      passOnManyThreads({std::move(first), std::move(second)});
    else
      pass(std::move(first));  // a millisecond less than to load what starts threads
    if (failure_) return std::move(*failure_);
    if (differs_) return std::nullopt;
    auto end = std::make_shared<Piece>();
    end->bytes.assign(2 * kTarBlock, '\0');
    for (auto step : {&TarPipeline::place, &TarPipeline::compare, &TarPipeline::write, &TarPipeline::hash})
      if (auto error = (this->*step)(*end)) return error;
    if (differs_) return std::nullopt;
    auto digest = hasher_.finish();
    if (!digest) return digest.takeError();
    return WrittenTar{*digest, hasher_.size(), hasher_.takeStates(), hasher_.alike()};
  }

private:
  using PiecePtr = std::shared_ptr<Piece>;

  void pass(PiecePtr piece) {
    for (auto step :
         {&TarPipeline::fill, &TarPipeline::place, &TarPipeline::compare, &TarPipeline::write, &TarPipeline::hash})
      piece = through(std::move(piece), step);
  }

  /// `begun` come before the pieces that are still to be gathered.
  void passOnManyThreads(std::deque<PiecePtr> begun) {
    using namespace oneapi::tbb;
    auto gather = [&](flow_control& control) -> PiecePtr {
      PiecePtr piece;
      if (!begun.empty()) {
        piece = std::move(begun.front());
        begun.pop_front();
      } else if (!failed_) {
        piece = nextPiece();
      }
      if (!piece) control.stop();
      return piece;
    };
    auto filled = [this](PiecePtr piece) { return through(std::move(piece), &TarPipeline::fill); };
    auto placed = [this](PiecePtr piece) { return through(std::move(piece), &TarPipeline::place); };
    auto compared = [this](PiecePtr piece) { return through(std::move(piece), &TarPipeline::compare); };
    auto appended = [this](PiecePtr piece) { return through(std::move(piece), &TarPipeline::write); };
    auto hashed = [this](PiecePtr piece) { keepBytes(through(std::move(piece), &TarPipeline::hash)); };
    this_task_arena::isolate([&] {
      parallel_pipeline(kPiecesInFlight, make_filter<void, PiecePtr>(filter_mode::serial_in_order, gather) &
                                             make_filter<PiecePtr, PiecePtr>(filter_mode::parallel, filled) &
                                             make_filter<PiecePtr, PiecePtr>(filter_mode::serial_in_order, placed) &
                                             make_filter<PiecePtr, PiecePtr>(filter_mode::parallel, compared) &
                                             make_filter<PiecePtr, PiecePtr>(filter_mode::serial_in_order, appended) &
                                             make_filter<PiecePtr, void>(filter_mode::serial_in_order, hashed));
    });
  }

  /// Nothing is done for a piece after one that failed.
  PiecePtr through(PiecePtr piece, llvm::Error (TarPipeline::*step)(Piece&)) {
    if (!piece || failed_) return nullptr;
    if (auto error = (this->*step)(*piece)) {
      fail(std::move(error));
      return nullptr;
    }
    return piece;
  }
  void fail(llvm::Error error) {
    std::lock_guard lock(mutex_);
    if (failure_)
      llvm::consumeError(std::move(error));
    else
      failure_ = std::move(error);
    failed_ = true;
  }

  PiecePtr emptyPiece() {
    auto piece = std::make_shared<Piece>();
    std::lock_guard lock(mutex_);
    if (spare_.empty()) return piece;
    piece->bytes = std::move(spare_.back());
    spare_.pop_back();
    return piece;
  }
  /// For a piece to come: fresh memory costs as much as filling it.
  void keepBytes(PiecePtr piece) {
    if (!piece) return;
    piece->bytes.clear();
    std::lock_guard lock(mutex_);
    spare_.push_back(std::move(piece->bytes));
  }

  /// The next files up to a megabyte, or the next part of a large one. Null at the end.
  PiecePtr nextPiece() {
    if (large_) return nextPart();
    PiecePtr piece = emptyPiece();
    uint64_t bytes = 0;
    while (piece->items.size() < kPieceFiles && bytes < kPieceBytes) {
      std::optional<TarItem> item = std::exchange(pending_, std::nullopt);
      if (!item) {
        auto taken = cancelledOr(next_);
        if (!taken) return fail(taken.takeError()), nullptr;
        item = std::move(*taken);
      }
      if (!item) break;
      bool isRead = item->open || item->stored;
      if (item->entry.kind == EntryKind::File && isRead && item->entry.size > kPieceBytes) {
        if (!piece->items.empty()) {
          pending_ = std::move(item);
          return piece;
        }
        return openLarge(std::move(*item));
      }
      bytes += kTarBlock + item->entry.size;
      piece->items.push_back(std::move(*item));
    }
    return piece->items.empty() ? nullptr : piece;
  }

  llvm::Expected<std::optional<TarItem>> cancelledOr(NextTarItem next) {
    if (auto error = cancel_.check()) return error;
    return next();
  }

  PiecePtr openLarge(TarItem item) {
    large_ = std::make_shared<LargeFile>(LargeFile{std::move(item)});
    if (large_->item.open) {
      auto fd = large_->item.open(large_->item.entry);
      if (!fd) return fail(fd.takeError()), nullptr;
      large_->opened = std::move(*fd);
    }
    largeOffset_ = 0;
    return nextPart();
  }

  PiecePtr nextPart() {
    PiecePtr piece = emptyPiece();
    piece->large = large_;
    piece->offset = largeOffset_;
    piece->length = std::min<uint64_t>(kPieceBytes, large_->item.entry.size - largeOffset_);
    largeOffset_ += piece->length;
    if (largeOffset_ == large_->item.entry.size) large_ = nullptr;
    return piece;
  }

  // On any thread: what a piece's bytes are.

  static llvm::Expected<std::string> headerOf(LayerEntry& entry) {
    std::erase_if(entry.xattrs, [](const auto& xattr) { return !xattrTravels(xattr.first); });
    return layerTarHeader(entry);
  }

  llvm::Error fill(Piece& piece) {
    if (piece.large) return fillPart(piece);
    for (TarItem& item : piece.items)
      if (auto error = fillItem(piece, item)) return error;
    return llvm::Error::success();
  }

  llvm::Error fillItem(Piece& piece, TarItem& item) {
    UniqueFd fd;
    if (item.open) {
      auto opened = item.open(item.entry);
      if (!opened) return opened.takeError();
      fd = std::move(*opened);
    }
    auto header = headerOf(item.entry);
    if (!header) return header.takeError();
    append(piece.bytes, *header);
    size_t begin = piece.bytes.size();
    if (item.entry.kind == EntryKind::File && !header->empty()) {
      if (item.stored) {
        if (auto error = readInto(piece.bytes, *item.stored, item.entry.size, item)) return error;
      } else if (!item.open) {
        append(piece.bytes, item.bytes);
      } else {
        if (auto error = readInto(piece.bytes, {fd.get(), 0}, item.entry.size, item)) return error;
        Digest content = item.digest ? digestOf(textOf(piece.bytes).drop_front(begin)) : Digest();
        if (auto error = checkEnd(item, fd.get(), content)) return error;
      }
      pad(piece.bytes, item.entry.size);
    }
    piece.contents.push_back(begin);
    return llvm::Error::success();
  }

  llvm::Error fillPart(Piece& piece) {
    TarItem& item = piece.large->item;
    if (piece.offset == 0) {
      auto header = headerOf(item.entry);
      if (!header) return header.takeError();
      append(piece.bytes, *header);
      piece.contents.push_back(piece.bytes.size());
    }
    StoredContent content = piece.large->content();
    content.offset += piece.offset;
    if (auto error = readInto(piece.bytes, content, piece.length, item)) return error;
    if (piece.offset + piece.length == item.entry.size) pad(piece.bytes, item.entry.size);
    return llvm::Error::success();
  }

  static void pad(Bytes& bytes, uint64_t size) { bytes.append((kTarBlock - size % kTarBlock) % kTarBlock, '\0'); }

  llvm::Error changed(const TarItem& item, llvm::StringRef how) {
    return fault(FaultKind::Invalid, printable(item.entry.path) + " became " + how + " while it was read");
  }

  llvm::Error readInto(Bytes& bytes, StoredContent from, uint64_t length, const TarItem& item) {
    size_t begin = bytes.size();
    bytes.resize_for_overwrite(begin + length);
    for (uint64_t done = 0; done < length;) {
      ssize_t got = ::pread(from.file, bytes.data() + begin + done, length - done, off_t(from.offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errnoFault("read " + printable(item.entry.path));
      if (got == 0) return changed(item, "shorter");
      done += uint64_t(got);
    }
    return llvm::Error::success();
  }

  llvm::Error checkEnd(const TarItem& item, int fd, const Digest& content) {
    struct stat status;
    if (::fstat(fd, &status) != 0) return errnoFault("stat " + printable(item.entry.path));
    if (uint64_t(status.st_size) < item.entry.size) return changed(item, "shorter");
    if (uint64_t(status.st_size) > item.entry.size && !item.check) return changed(item, "longer");
    return item.check ? item.check(fd, status, content) : llvm::Error::success();
  }

  // One after the other, in order.

  /// Also the digest of a large file, whose parts come here one after the other.
  llvm::Error place(Piece& piece) {
    piece.place = placed_;
    placed_ += piece.bytes.size();
    if (!piece.large) return llvm::Error::success();
    TarItem& item = piece.large->item;
    size_t begin = piece.contents.empty() ? 0 : piece.contents.front();
    if (item.digest) piece.large->hasher.update(textOf(piece.bytes).substr(begin, piece.length));
    if (piece.offset + piece.length < item.entry.size) return llvm::Error::success();
    if (item.stored) return llvm::Error::success();
    return checkEnd(item, piece.large->opened.get(), item.digest ? piece.large->hasher.finish() : Digest());
  }

  /// On any thread.
  llvm::Error compare(Piece& piece) {
    piece.likeness = hasher_.compare(piece.place, textOf(piece.bytes));
    return llvm::Error::success();
  }

  llvm::Error write(Piece& piece) {
    if (!target_.onlyCompare) return FdSink(target_.file).write(textOf(piece.bytes));
    if (piece.likeness == Likeness::Other) differs_ = failed_ = true;
    return llvm::Error::success();
  }

  llvm::Error hash(Piece& piece) {
    if (differs_) return llvm::Error::success();
    if (target_.index)
      if (auto error = addToIndex(piece)) return error;
    return hasher_.add(textOf(piece.bytes), piece.likeness);
  }

  llvm::Error addToIndex(Piece& piece) {
    for (size_t i = 0; i < piece.contents.size(); ++i) {
      const TarItem& item = piece.large ? piece.large->item : piece.items[i];
      if (item.entry.kind == EntryKind::Socket) continue;  // layers have none; of the root only the index knows
      uint64_t place = piece.place + piece.contents[i];
      if (item.place) *item.place = place;
      if (auto error = target_.index->add(item.entry, {.data = place})) return error;
    }
    return llvm::Error::success();
  }

  NextTarItem next_;
  Target target_;
  const CancelToken& cancel_;

  std::optional<TarItem> pending_;  ///< taken, and to come after the piece that was given out
  std::shared_ptr<LargeFile> large_;
  uint64_t largeOffset_ = 0;
  uint64_t placed_ = 0;  ///< bytes of the pieces that have their place
  TarHasher hasher_;

  std::mutex mutex_;
  std::vector<Bytes> spare_;  ///< with room for a piece, at most as many as are under way
  std::optional<llvm::Error> failure_;
  std::atomic<bool> differs_{false}, failed_{false};
};
}  // namespace

llvm::Expected<WrittenTar> writeTar(NextTarItem next, int file, LayerIndex& index, const CancelToken& cancel,
                                    const KnownTar* like) {
  auto written = TarPipeline(next, {.file = file, .index = &index}, like, cancel).run();
  if (!written) return written.takeError();
  return std::move(**written);
}

llvm::Expected<bool> givesTar(NextTarItem next, const KnownTar& tar, const CancelToken& cancel) {
  auto compared = TarPipeline(next, {.onlyCompare = true}, &tar, cancel).run();
  if (!compared) return compared.takeError();
  return *compared && (*compared)->digest == tar.digest;
}

}  // namespace strata::layerfs
