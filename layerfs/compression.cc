#include "layerfs/compression.h"

#include "layerfs/descriptor.h"
#include "support/fault.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <vector>

namespace strata::layerfs {

llvm::StringRef layerMediaType(MediaFamily family, Compression compression) {
  bool docker = family == MediaFamily::Docker;
  switch (compression) {
    case Compression::None:
      return docker ? media::kDockerLayer : media::kOciLayer;
    case Compression::Gzip:
      return docker ? media::kDockerLayerGzip : media::kOciLayerGzip;
    case Compression::Zstd:
      return media::kOciLayerZstd;
  }
  return media::kOciLayer;
}

namespace {
class PassingOn : public Compressor {
public:
  explicit PassingOn(ByteSink& sink) : sink_(sink) {}
  llvm::Error write(llvm::StringRef bytes) override { return sink_.write(bytes); }
  llvm::Error finish() override { return llvm::Error::success(); }

private:
  ByteSink& sink_;
};

/// Both libraries decide by what they are given at once: blocks of one size make the result a matter of the bytes
/// alone.
class BlockCompressor : public Compressor {
public:
  llvm::Error write(llvm::StringRef bytes) override {
    while (!bytes.empty()) {
      llvm::StringRef part = bytes.take_front(kCopyBuffer - block_.size());
      bytes = bytes.drop_front(part.size());
      block_ += part;
      if (block_.size() < kCopyBuffer) continue;
      if (auto error = compress(block_, false)) return error;
      block_.clear();
    }
    return llvm::Error::success();
  }
  llvm::Error finish() override { return compress(block_, true); }

private:
  virtual llvm::Error compress(llvm::StringRef block, bool isLast) = 0;
  std::string block_;
};

uint32_t isalLevel(std::optional<int> level) {
  int asked = level.value_or(6);  // gzip's own default
  return asked <= 0 ? 0 : asked <= 3 ? 1 : asked <= 6 ? 2 : 3;
}

size_t isalBuffer(uint32_t level) {
  constexpr size_t kSizes[] = {ISAL_DEF_LVL0_LARGE, ISAL_DEF_LVL1_LARGE, ISAL_DEF_LVL2_LARGE, ISAL_DEF_LVL3_LARGE};
  return kSizes[level];
}

class GzipCompressor : public BlockCompressor {
public:
  GzipCompressor(std::optional<int> level, ByteSink& sink)
      : sink_(sink), levelBuffer_(isalBuffer(isalLevel(level))), output_(kCopyBuffer) {
    isal_deflate_init(&stream_);
    stream_.level = isalLevel(level);
    stream_.level_buf = levelBuffer_.data();
    stream_.level_buf_size = uint32_t(levelBuffer_.size());
    stream_.gzip_flag = IGZIP_GZIP;  // a header without time and name
    stream_.flush = NO_FLUSH;
  }

private:
  llvm::Error compress(llvm::StringRef block, bool isLast) override {
    stream_.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(block.data()));
    stream_.avail_in = uint32_t(block.size());
    stream_.end_of_stream = isLast;
    do {
      stream_.next_out = output_.data();
      stream_.avail_out = uint32_t(output_.size());
      if (isal_deflate(&stream_) != COMP_OK) return fault(FaultKind::Io, "gzip: the compressor failed");
      size_t made = output_.size() - stream_.avail_out;
      if (made > 0)
        if (auto error = sink_.write({reinterpret_cast<const char*>(output_.data()), made})) return error;
    } while (stream_.avail_out == 0 || stream_.avail_in > 0);
    return llvm::Error::success();
  }

  ByteSink& sink_;
  std::vector<uint8_t> levelBuffer_, output_;
  isal_zstream stream_;
};

class ZstdCompressor : public BlockCompressor {
public:
  ZstdCompressor(std::optional<int> level, ByteSink& sink)
      : sink_(sink), context_(ZSTD_createCCtx()), output_(ZSTD_CStreamOutSize()) {
    int asked = std::clamp(level.value_or(ZSTD_CLEVEL_DEFAULT), 1, ZSTD_maxCLevel());
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, asked);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

private:
  llvm::Error compress(llvm::StringRef block, bool isLast) override {
    ZSTD_EndDirective directive = isLast ? ZSTD_e_end : ZSTD_e_continue;
    ZSTD_inBuffer input{block.data(), block.size(), 0};
    for (;;) {
      ZSTD_outBuffer output{output_.data(), output_.size(), 0};
      size_t left = ZSTD_compressStream2(context_.get(), &output, &input, directive);
      if (ZSTD_isError(left)) return fault(FaultKind::Io, "zstd: " + llvm::StringRef(ZSTD_getErrorName(left)));
      if (output.pos > 0)
        if (auto error = sink_.write({output_.data(), output.pos})) return error;
      bool ended = isLast ? left == 0 : input.pos == input.size;
      if (ended) return llvm::Error::success();
    }
  }

  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  ByteSink& sink_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<char> output_;
};
}  // namespace

std::unique_ptr<Compressor> makeCompressor(const CompressionChoice& choice, ByteSink& sink) {
  switch (choice.kind) {
    case Compression::Gzip:
      return std::make_unique<GzipCompressor>(choice.level, sink);
    case Compression::Zstd:
      return std::make_unique<ZstdCompressor>(choice.level, sink);
    case Compression::None:
      break;
  }
  return std::make_unique<PassingOn>(sink);
}

}  // namespace strata::layerfs
