#include "support/bytes.h"

#include "support/fault.h"

#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <vector>

namespace strata {

llvm::Expected<size_t> StringSource::read(char* buffer, size_t size) {
  llvm::StringRef part = rest_.take_front(size);
  if (!part.empty()) std::memcpy(buffer, part.data(), part.size());
  rest_ = rest_.drop_front(part.size());
  return part.size();
}

llvm::Error StringSink::write(llvm::StringRef bytes) {
  text.append(bytes.data(), bytes.size());
  return llvm::Error::success();
}

llvm::Expected<size_t> FdSource::read(char* buffer, size_t size) {
  for (;;) {
    ssize_t got = ::read(fd_, buffer, size);
    if (got >= 0) return size_t(got);
    if (errno != EINTR) return errnoFault("read");
  }
}

llvm::Error FdSink::write(llvm::StringRef bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errnoFault("write");
    bytes = bytes.drop_front(size_t(put));
  }
  return llvm::Error::success();
}

/// Every reason not to is the kernel's (another kind of file or file system, an old kernel): reading will tell.
llvm::Expected<uint64_t> FdSink::takeFile(int file, uint64_t size) {
  ssize_t took = ::copy_file_range(file, nullptr, fd_, nullptr, size, 0);
  return took > 0 ? uint64_t(took) : 0;
}

llvm::Error HashingSink::write(llvm::StringRef bytes) {
  hasher_.update(bytes);
  size_ += bytes.size();
  return next_ ? next_->write(bytes) : llvm::Error::success();
}

llvm::MutableArrayRef<char> HashingSink::room() { return next_ ? next_->room() : llvm::MutableArrayRef<char>(); }

llvm::Expected<size_t> HashingSource::read(char* buffer, size_t size) {
  auto got = source_.read(buffer, size);
  if (!got) return got;
  hasher_.update({buffer, *got});
  size_ += *got;
  return got;
}

llvm::Expected<uint64_t> skipRest(ByteSource& source) {
  auto buffer = std::make_unique_for_overwrite<char[]>(kCopyBuffer);
  for (uint64_t total = 0;;) {
    auto got = source.read(buffer.get(), kCopyBuffer);
    if (!got) return got.takeError();
    if (*got == 0) return total;
    total += *got;
  }
}

llvm::Expected<uint64_t> copyAll(ByteSource& source, ByteSink& sink) {
  std::unique_ptr<char[]> buffer;
  for (uint64_t total = 0;;) {
    llvm::MutableArrayRef<char> room = sink.room();
    if (room.empty()) {
      if (!buffer)
        buffer = std::make_unique_for_overwrite<char[]>(kCopyBuffer);  // memory that no byte needs costs nothing
      room = {buffer.get(), kCopyBuffer};
    }
    auto got = source.read(room.data(), room.size());
    if (!got) return got.takeError();
    if (*got == 0) return total;
    if (auto error = sink.write({room.data(), *got})) return error;
    total += *got;
  }
}

llvm::Expected<uint64_t> copyFile(int file, ByteSink& sink) {
  constexpr uint64_t kPart = 16 << 20;
  for (uint64_t total = 0;;) {
    auto took = sink.takeFile(file, kPart);
    if (!took) return took;
    total += *took;
    if (*took > 0) continue;
    FdSource rest(file);
    auto copied = copyAll(rest, sink);
    if (!copied) return copied;
    return total + *copied;
  }
}

llvm::Expected<std::string> readAll(ByteSource& source, size_t limit) {
  std::string text;
  char buffer[16 * 1024];  // most texts are short: a large buffer costs more than they do
  for (;;) {
    auto got = source.read(buffer, sizeof buffer);
    if (!got) return got.takeError();
    if (*got == 0) return text;
    if (text.size() + *got > limit)
      return fault(FaultKind::Invalid, "longer than the " + llvm::Twine(limit) + " bytes allowed here");
    text.append(buffer, *got);
  }
}

}  // namespace strata
