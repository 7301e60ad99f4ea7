#include "layerfs/zstd_stream.h"

#include "support/fault.h"

#define ZSTD_STATIC_LINKING_ONLY  // for the one parameter that makes its output the same on every processor
#include <zstd.h>

#include <vector>

namespace strata::layerfs {

namespace {
/// The window of all levels that are in daily use: larger blocks would compress no better there.
constexpr size_t kZstdBlock = 4 << 20;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdCodec : public BlockCodec {
public:
  explicit ZstdCodec(std::optional<int> level)
      : level_(std::clamp(level.value_or(ZSTD_CLEVEL_DEFAULT), 1, ZSTD_maxCLevel())) {}
  size_t blockSize() const override { return kZstdBlock; }
  size_t bound() const override { return ZSTD_compressBound(kZstdBlock); }

  /// A context of its own for each block, which no earlier block can have touched: 0.1 % of the time.
  llvm::Expected<size_t> compress(llvm::StringRef block, char* output) const override {
    std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
    if (!context) return fault(FaultKind::Io, "zstd: out of memory");
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level_);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    // Left to itself zstd takes another match finder where it was compiled without vector instructions.
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_useRowMatchFinder, ZSTD_ps_enable);
    size_t size = ZSTD_compress2(context.get(), output, bound(), block.data(), block.size());
    if (ZSTD_isError(size)) return fault(FaultKind::Io, "zstd: " + llvm::StringRef(ZSTD_getErrorName(size)));
    return size;
  }

  std::string name() const override { return "zstd-" + std::to_string(level_); }

private:
  int level_;
};

class ZstdSource : public ByteSource {
public:
  explicit ZstdSource(ByteSource& source)
      : source_(source), context_(ZSTD_createDCtx()), buffer_(kCopyBuffer), input_{buffer_.data(), 0, 0} {}

  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    if (!context_) return fault(FaultKind::Io, "zstd: out of memory");
    ZSTD_outBuffer output{buffer, size, 0};
    while (output.pos == 0 && size > 0) {
      auto more = refill();
      if (!more) return more.takeError();
      if (!*more && frameEnded_) return 0;
      size_t left = ZSTD_decompressStream(context_.get(), &output, &input_);
      if (ZSTD_isError(left))
        return fault(FaultKind::Invalid,
                     "zstd: damaged after " + llvm::Twine(produced_) + " bytes: " + ZSTD_getErrorName(left));
      frameEnded_ = left == 0;
      if (output.pos == 0 && !*more && !frameEnded_)
        return fault(FaultKind::Invalid, "zstd: the stream ends early, after " + llvm::Twine(produced_) + " bytes");
    }
    produced_ += output.pos;
    return output.pos;
  }

private:
  /// Whether there are compressed bytes to be read.
  llvm::Expected<bool> refill() {
    if (input_.pos < input_.size) return true;
    auto got = source_.read(buffer_.data(), buffer_.size());
    if (!got) return got.takeError();
    input_ = {buffer_.data(), *got, 0};
    return *got > 0;
  }

  ByteSource& source_;
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context_;
  std::vector<char> buffer_;
  ZSTD_inBuffer input_;
  uint64_t produced_ = 0;
  bool frameEnded_ = true;
};
}  // namespace

std::unique_ptr<BlockCodec> makeZstdCodec(std::optional<int> level) { return std::make_unique<ZstdCodec>(level); }

/// Also a frame to be skipped, of which there are sixteen kinds: some writers begin with one.
bool isZstd(llvm::StringRef firstBytes) {
  if (firstBytes.starts_with("\x28\xb5\x2f\xfd")) return true;
  return firstBytes.size() >= 4 && (firstBytes[0] & 0xf0) == 0x50 && firstBytes.substr(1, 3) == "\x2a\x4d\x18";
}
std::unique_ptr<ByteSource> inflateZstd(ByteSource& source) { return std::make_unique<ZstdSource>(source); }

}  // namespace strata::layerfs
