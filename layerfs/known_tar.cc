#include "layerfs/known_tar.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/fingerprint.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cstring>

namespace strata::layerfs {

namespace {
constexpr uint64_t kMagic = 0x3153455441545348;  // "HSTATES1"
constexpr uint64_t kStateEvery = 8 << 20;        // bytes: hashed again in 6 ms
constexpr size_t kPart = 256 << 10;
constexpr uint64_t kUnderWay = 16 << 20;  // more than a pass has under way
constexpr uint64_t kGivenBack = 8 << 20;  // at once

struct Header {
  uint64_t magic, checksum;
  std::array<uint8_t, Digest::kSize> tar;
};
struct StateRecord {
  uint64_t bytes;
  std::array<uint32_t, 8> words;
};
static_assert(sizeof(Header) == 48 && sizeof(StateRecord) == 40);

/// Reads up to `size` bytes; fewer at the end, and where the file cannot be read.
size_t readAt(int file, char* buffer, size_t size, uint64_t offset) {
  size_t done = 0;
  while (done < size) {
    ssize_t got = ::pread(file, buffer + done, size - done, off_t(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += size_t(got);
  }
  return done;
}
}  // namespace

void PassedPages::giveBack(int file, uint64_t offset) {
  if (offset < passed_ + kUnderWay + kGivenBack) return;
  uint64_t end = offset - kUnderWay;
  ::posix_fadvise(file, off_t(passed_), off_t(end - passed_), POSIX_FADV_DONTNEED);
  passed_ = end;
}

llvm::Error writeHashStates(const std::string& path, const Digest& tar, llvm::ArrayRef<Hasher::State> states) {
  Header header{.magic = kMagic, .checksum = 0, .tar = tar.bytes()};
  std::string bytes(sizeof header + states.size() * sizeof(StateRecord), '\0');
  char* place = bytes.data() + sizeof header;
  for (const Hasher::State& state : states) {
    StateRecord record{state.bytes, state.words};
    std::memcpy(place, &record, sizeof record);
    place += sizeof record;
  }
  std::memcpy(bytes.data(), &header, sizeof header);
  header.checksum = checksumOf(llvm::StringRef(bytes).drop_front(offsetof(Header, tar)));
  std::memcpy(bytes.data(), &header, sizeof header);
  return writeFileAtomically(path, bytes, 0644);
}

std::vector<Hasher::State> readHashStates(const std::string& path, const Digest& tar) {
  auto bytes = readFile(path);
  if (!bytes) return llvm::consumeError(bytes.takeError()), std::vector<Hasher::State>();
  Header header;
  if (bytes->size() < sizeof header || (bytes->size() - sizeof header) % sizeof(StateRecord) != 0) return {};
  std::memcpy(&header, bytes->data(), sizeof header);
  bool whole = header.checksum == checksumOf(llvm::StringRef(*bytes).drop_front(offsetof(Header, tar)));
  if (header.magic != kMagic || !whole || header.tar != tar.bytes()) return {};
  std::vector<Hasher::State> states;
  for (size_t at = sizeof header; at < bytes->size(); at += sizeof(StateRecord)) {
    StateRecord record;
    std::memcpy(&record, bytes->data() + at, sizeof record);
    states.push_back({record.words, record.bytes});
  }
  return states;
}

namespace {
Likeness likenessAt(int file, uint64_t offset, llvm::StringRef bytes) {
  static thread_local std::vector<char> other(kPart);
  while (!bytes.empty()) {
    size_t size = std::min(bytes.size(), kPart);
    iovec place{other.data(), size};
    ssize_t got = ::preadv2(file, &place, 1, off_t(offset), RWF_NOWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return Likeness::Other;  // it ends here
    if (got < 0) return Likeness::Unknown;
    if (std::memcmp(other.data(), bytes.data(), size_t(got)) != 0) return Likeness::Other;
    offset += uint64_t(got);
    bytes = bytes.drop_front(size_t(got));
  }
  return Likeness::Same;
}
}  // namespace

Likeness TarHasher::compare(uint64_t offset, llvm::StringRef bytes) {
  if (Likeness known = likeness_; known != Likeness::Same) return known;
  Likeness found = likenessAt(like_->file.get(), offset, bytes);
  if (found != Likeness::Same) likeness_ = found;
  return found;
}

llvm::Error TarHasher::add(llvm::StringRef bytes, Likeness likeness) {
  if (isAlike_ && likeness != Likeness::Same)
    if (auto error = part()) return error;
  size_ += bytes.size();
  if (isAlike_) {
    alike_ = size_;
    if (like_->givesWay) passed_.giveBack(like_->file.get(), size_);
    return llvm::Error::success();
  }
  hasher_.update(bytes);
  uint64_t last = states_.empty() ? 0 : states_.back().bytes;
  if (size_ - last >= kStateEvery) states_.push_back(hasher_.state());
  return llvm::Error::success();
}

/// From here on every piece is hashed; what both tars have, from the last state on.
llvm::Error TarHasher::part() {
  isAlike_ = false;
  for (const Hasher::State& state : like_->states)
    if (state.bytes <= size_) states_.push_back(state);
  uint64_t done = states_.empty() ? 0 : states_.back().bytes;
  if (done > 0) hasher_ = Hasher(states_.back());
  std::vector<char> buffer(kPart);
  while (done < size_) {
    size_t wanted = size_t(std::min<uint64_t>(kPart, size_ - done));
    if (readAt(like_->file.get(), buffer.data(), wanted, done) != wanted)
      return fault(FaultKind::Io, "an earlier layer's tar cannot be read any more; build again");
    hasher_.update({buffer.data(), wanted});
    done += wanted;
  }
  if (like_->givesWay) ::posix_fadvise(like_->file.get(), 0, 0, POSIX_FADV_DONTNEED);  // all of it
  return llvm::Error::success();
}

namespace {
bool isSame(const Hasher::State& a, const Hasher::State& b) { return a.bytes == b.bytes && a.words == b.words; }
}  // namespace

llvm::Expected<Digest> TarHasher::finish() {
  if (isAlike_ && size_ == like_->size) {
    states_ = like_->states;
    return like_->digest;
  }
  if (isAlike_)
    if (auto error = part()) return error;
  for (const Hasher::State& state : states_)
    if (like_ && llvm::any_of(like_->states, [&](const Hasher::State& other) { return isSame(state, other); }))
      alike_ = std::max(alike_, state.bytes);
  return hasher_.finish();
}

}  // namespace strata::layerfs
