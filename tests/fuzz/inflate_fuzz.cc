/// Input: a compressed stream, of any kind.

#include "layerfs/decompression.h"
#include "tests/fuzz/fuzz.h"

namespace strata::fuzz {

namespace {
/// Gives at most so many bytes at a time.
class Pieces : public ByteSource {
public:
  Pieces(llvm::StringRef bytes, size_t most) : rest_(bytes), most_(most) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override { return rest_.read(buffer, std::min(size, most_)); }

private:
  StringSource rest_;
  size_t most_;
};

struct Outcome {
  std::string bytes;
  bool isWhole = false, isFault = false;
};

Outcome inflated(llvm::StringRef input, size_t piece, size_t asked) {
  Pieces source(input, piece);
  Outcome outcome;
  auto plain = valueOf(layerfs::decompressed(source));
  outcome.isFault = !plain;
  std::string buffer(asked, '\0');
  while (plain && !outcome.isFault && !outcome.isWhole && outcome.bytes.size() < kMostInflated) {
    auto got = valueOf((*plain)->read(buffer.data(), buffer.size()));
    outcome.isFault = !got;
    outcome.isWhole = got && *got == 0;
    if (got) outcome.bytes.append(buffer, 0, *got);
  }
  return outcome;
}
}  // namespace

FUZZ_TARGET(inflate) {
  Outcome atOnce = inflated(input, input.size() + 1, 64 * 1024), slowly = inflated(input, 3, 1000);
  if (!atOnce.isWhole && !atOnce.isFault) return;
  FUZZ_EXPECT(atOnce.isFault == slowly.isFault, "whether a stream is good is no matter of how it comes");
  FUZZ_EXPECT(atOnce.isFault || atOnce.bytes == slowly.bytes, "what it holds is no matter of how it comes");
}

}  // namespace strata::fuzz
