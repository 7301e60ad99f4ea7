#include "builder/context/tar_sniff.h"

#include "layerfs/decompression.h"
#include "layerfs/layer_tar.h"

#include <cstring>

namespace strata::builder {

namespace {
constexpr size_t kTarBlock = 512;

llvm::Expected<std::string> firstBytes(ByteSource& source, size_t size) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    auto count = source.read(bytes.data() + have, size - have);
    if (!count) return count.takeError();
    if (*count == 0) break;
    have += *count;
  }
  bytes.resize(have);
  return bytes;
}

bool isCompressed(llvm::StringRef bytes) {
  return bytes.starts_with("\x1f\x8b") || bytes.starts_with("BZh") || bytes.starts_with("\x28\xb5\x2f\xfd") ||
         bytes.starts_with(llvm::StringRef("\xfd"
                                           "7zXZ\0",
                                           6));
}

/// The header's checksum: the sum of its bytes, the field itself counted as blanks. Source: POSIX ustar.
bool isTarHeader(llvm::StringRef block) {
  if (block.size() < kTarBlock) return false;
  uint64_t sum = 0;
  int64_t signedSum = 0;  // as some old programs added
  for (size_t i = 0; i < kTarBlock; ++i) {
    char byte = i >= 148 && i < 156 ? ' ' : block[i];
    sum += uint8_t(byte);
    signedSum += static_cast<signed char>(byte);
  }
  uint64_t written = 0;
  llvm::StringRef field = block.substr(148, 8).take_until([](char c) { return c == '\0'; }).trim(' ');
  if (field.getAsInteger(8, written)) return false;
  return written == sum || int64_t(written) == signedSum;
}
}  // namespace

llvm::Expected<size_t> SniffedSource::read(char* buffer, size_t size) {
  if (taken_ == head_.size()) return rest_->read(buffer, size);
  size = std::min(size, head_.size() - taken_);
  std::memcpy(buffer, head_.data() + taken_, size);
  taken_ += size;
  return size;
}

llvm::Expected<std::unique_ptr<SniffedSource>> findTar(ByteSource& source) {
  auto out = std::make_unique<SniffedSource>();
  auto head = firstBytes(source, kTarBlock);
  if (!head) return head.takeError();
  out->head_ = std::move(*head);
  out->rest_ = &source;
  out->isTar = isTarHeader(out->head_);
  out->isCompressed = isCompressed(out->head_);
  if (out->isTar || !out->isCompressed) return out;

  auto below = std::make_unique<SniffedSource>();
  below->head_ = out->head_;
  below->rest_ = &source;
  auto plain = layerfs::decompressed(*below);
  if (!plain) {
    llvm::consumeError(plain.takeError());  // looks compressed but is not
    return out;
  }
  auto block = firstBytes(**plain, kTarBlock);
  if (!block) {
    llvm::consumeError(block.takeError());
    return out;
  }
  out->isTar = isTarHeader(*block);
  if (!out->isTar) return out;
  out->compressed_ = std::move(below);
  out->plain_ = std::move(*plain);
  out->head_ = std::move(*block);
  out->rest_ = out->plain_.get();
  return out;
}

}  // namespace strata::builder
