#include "layerfs/layer_outline.h"
#include "layerfs/outline_format.h"
#include "layerfs/outline_tail.h"

#include <llvm/Support/Endian.h>

namespace strata::layerfs {

namespace {
using namespace llvm::support;
using namespace outline_format;

void appendShort(std::string& bytes, size_t number) {
  char field[2];
  endian::write16le(field, uint16_t(number));
  bytes.append(field, sizeof field);
}
void appendWord(std::string& bytes, size_t number) {
  char field[4];
  endian::write32le(field, uint32_t(number));
  bytes.append(field, sizeof field);
}

std::string gzipMembers(llvm::StringRef outline) {
  std::string bytes;
  for (; !outline.empty(); outline = outline.drop_front(std::min(outline.size(), kLongestField))) {
    llvm::StringRef part = outline.take_front(kLongestField);
    bytes += kMemberHead;
    appendShort(bytes, kFieldHead + part.size());
    bytes += kField;
    appendShort(bytes, part.size());
    bytes += part;
    bytes += kMemberEnd;
  }
  return bytes;
}

std::string zstdFrame(llvm::StringRef outline) {
  std::string bytes;
  appendWord(bytes, kFrame);
  appendWord(bytes, outline.size());
  return bytes + outline.str();
}

/// Keeps what is not too long.
class ShortText : public ByteSink {
public:
  llvm::Error write(llvm::StringRef bytes) override {
    isTooLong = isTooLong || text.size() + bytes.size() > kLongestOutlineTail;
    if (!isTooLong) text += bytes;
    return llvm::Error::success();
  }
  std::string text;
  bool isTooLong = false;
};
}  // namespace

llvm::Expected<std::string> makeOutlineTail(Layer& layer, Compression form) {
  if (form == Compression::None) return std::string();
  ShortText outline;
  auto compressor = makeCompressor({Compression::Zstd, {}}, outline, 1);
  if (auto error = writeOutline(layer, *compressor)) return error;
  if (auto error = compressor->finish()) return error;
  if (outline.isTooLong) return std::string();
  std::string tail = form == Compression::Gzip ? gzipMembers(outline.text) : zstdFrame(outline.text);
  if (tail.size() > kLongestOutlineTail) tail.clear();
  return tail;
}

}  // namespace strata::layerfs
