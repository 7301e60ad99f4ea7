#include "layerfs/decompression.h"

#include "layerfs/archive_library.h"
#include "layerfs/gzip_stream.h"
#include "layerfs/zstd_stream.h"

#include <llvm/ADT/StringExtras.h>

#include <cstring>

namespace strata::layerfs {

namespace {
using llvm::StringRef;
constexpr size_t kLongestMagic = 6;

/// A source whose first bytes were looked at, and are still there to be read.
class PeekedSource : public ByteSource {
public:
  explicit PeekedSource(ByteSource& source) : source_(source) {}

  llvm::Expected<StringRef> peek() {
    while (size_ < sizeof head_) {
      auto got = source_.read(head_ + size_, sizeof head_ - size_);
      if (!got) return got.takeError();
      if (*got == 0) break;
      size_ += *got;
    }
    return StringRef(head_, size_);
  }
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    if (taken_ == size_) return source_.read(buffer, size);
    size = std::min(size, size_ - taken_);
    std::memcpy(buffer, head_ + taken_, size);
    taken_ += size;
    return size;
  }

private:
  ByteSource& source_;
  char head_[kLongestMagic];
  size_t size_ = 0, taken_ = 0;
};

bool isForLibarchive(StringRef head) {
  static constexpr StringRef kMagics[] = {
      {"\xfd"
       "7zXZ\0",
       6},         // xz
      {"BZh", 3},  // bzip2
      {"\x04\x22\x4d\x18", 4},
      {"\x02\x21\x4c\x18", 4},  // lz4, and its legacy form
      {"LZIP", 4},
      {"\x5d\0\0", 3},  // lzma
      {"\x1f\x9d", 2},  // compress
  };
  return llvm::any_of(kMagics, [&](StringRef magic) { return head.starts_with(magic); });
}

llvm::Expected<std::unique_ptr<ByteSource>> openByLibarchive(ByteSource& source) {
  auto archive = ArchiveReader::open(source, ArchiveReader::Format::Compressed);
  if (!archive) return archive.takeError();
  LayerEntry whole;
  auto more = (*archive)->next(whole);
  if (!more) return more.takeError();
  if (!*more) return std::make_unique<StringSource>("");
  return std::move(*archive);
}

/// What removes the compression; null where there is none.
llvm::Expected<std::unique_ptr<ByteSource>> readerFor(StringRef head, ByteSource& source) {
  if (isGzip(head)) return inflateGzip(source);
  if (isZstd(head)) return inflateZstd(source);
  if (isForLibarchive(head)) return openByLibarchive(source);
  return nullptr;
}

/// Keeps together the two that read from each other.
class DecompressedSource : public ByteSource {
public:
  DecompressedSource(std::unique_ptr<PeekedSource> source, std::unique_ptr<ByteSource> reader)
      : source_(std::move(source)), reader_(std::move(reader)) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override { return reader_->read(buffer, size); }

private:
  std::unique_ptr<PeekedSource> source_;
  std::unique_ptr<ByteSource> reader_;
};
}  // namespace

llvm::Expected<std::unique_ptr<ByteSource>> decompressed(ByteSource& source) {
  auto peeked = std::make_unique<PeekedSource>(source);
  auto head = peeked->peek();
  if (!head) return head.takeError();
  auto reader = readerFor(*head, *peeked);
  if (!reader) return reader.takeError();
  if (!*reader) return peeked;
  return std::make_unique<DecompressedSource>(std::move(peeked), std::move(*reader));
}

}  // namespace strata::layerfs
