#include "layerfs/outline_tail.h"

#include "layerfs/outline_format.h"
#include "layerfs/zstd_stream.h"
#include "support/fault.h"

#include <llvm/Support/Endian.h>

namespace strata::layerfs {

namespace {
using namespace llvm::support;
using namespace outline_format;

constexpr uint64_t kLongestTar = 1 << 30;

llvm::Error invalidOutline(const llvm::Twine& what) { return fault(FaultKind::Invalid, "outline in a blob: " + what); }

/// The next piece of the outline, taken off the front of `tail`.
llvm::Expected<llvm::StringRef> takeMember(llvm::StringRef& tail) {
  constexpr size_t kHead = kMemberHead.size() + 2 + kFieldHead;
  if (tail.size() < kHead || !tail.starts_with(kMemberHead))
    return invalidOutline("not the gzip member that it should be");
  size_t extra = endian::read16le(tail.data() + kMemberHead.size());
  llvm::StringRef field = tail.substr(kMemberHead.size() + 2, extra);
  if (extra < kFieldHead || field.size() != extra || !field.starts_with(kField) ||
      endian::read16le(field.data() + 2) != extra - kFieldHead)
    return invalidOutline("not the extra field that it should be");
  tail = tail.drop_front(kMemberHead.size() + 2 + extra);
  if (!tail.consume_front(kMemberEnd)) return invalidOutline("a gzip member that is not empty");
  return field.drop_front(kFieldHead);
}

llvm::Expected<llvm::StringRef> takeFrame(llvm::StringRef& tail) {
  constexpr size_t kHead = 8;
  if (tail.size() < kHead || endian::read32le(tail.data()) != kFrame)
    return invalidOutline("not the frame that it should be");
  size_t size = endian::read32le(tail.data() + 4);
  if (tail.size() - kHead < size) return invalidOutline("a frame that is cut short");
  llvm::StringRef content = tail.substr(kHead, size);
  tail = tail.drop_front(kHead + size);
  return content;
}

/// Inflates bytes of its own.
class OutlineSource : public ByteSource {
public:
  explicit OutlineSource(std::string bytes) : bytes_(std::move(bytes)), stored_(bytes_), tar_(inflateZstd(stored_)) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    auto got = tar_->read(buffer, size);
    if (got && (passed_ += *got) > kLongestTar) return invalidOutline("longer than any outline");
    return got;
  }

private:
  std::string bytes_;
  StringSource stored_;
  std::unique_ptr<ByteSource> tar_;
  uint64_t passed_ = 0;
};
}  // namespace

std::string OutlineTail::str() const { return std::to_string(begin) + "," + digest.str(); }

std::optional<OutlineTail> OutlineTail::parse(llvm::StringRef text) {
  auto [begin, name] = text.split(',');
  OutlineTail tail;
  auto digest = Digest::parse(name);
  if (!digest) {
    llvm::consumeError(digest.takeError());
    return std::nullopt;
  }
  tail.digest = *digest;
  if (begin.getAsInteger(10, tail.begin)) return std::nullopt;
  return tail;
}

std::optional<OutlineTail> outlineTailOf(const Descriptor& blob) {
  auto noted = blob.annotations.find(kOutlineAnnotation.str());
  if (noted == blob.annotations.end()) return std::nullopt;
  auto tail = OutlineTail::parse(noted->second);
  bool canBe = tail && tail->begin > 0 && tail->begin < blob.size && blob.size - tail->begin <= kLongestOutlineTail;
  return canBe ? tail : std::nullopt;
}

void keepOutlineTail(Descriptor& blob) {
  auto tail = outlineTailOf(blob);
  blob.annotations.clear();
  if (tail) blob.annotations[kOutlineAnnotation.str()] = tail->str();
}

void takeOutlineTail(Descriptor& blob, const std::optional<Descriptor>& told) {
  auto tail = told && told->digest == blob.digest ? outlineTailOf(*told) : std::nullopt;
  if (tail) blob.annotations[kOutlineAnnotation.str()] = tail->str();
}

void noteOutlineTail(Descriptor& blob, llvm::StringRef tail) {
  blob.annotations.erase(kOutlineAnnotation.str());
  if (!tail.empty())
    blob.annotations[kOutlineAnnotation.str()] = OutlineTail{blob.size - tail.size(), digestOf(tail)}.str();
}

llvm::Expected<std::unique_ptr<ByteSource>> openOutlineTail(llvm::StringRef tail) {
  bool isGzip = tail.starts_with(kMemberHead);
  std::string outline;
  while (!tail.empty()) {
    auto part = isGzip ? takeMember(tail) : takeFrame(tail);
    if (!part) return part.takeError();
    outline += *part;
  }
  return std::make_unique<OutlineSource>(std::move(outline));
}

}  // namespace strata::layerfs
