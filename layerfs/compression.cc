#include "layerfs/compression.h"

#include "layerfs/descriptor.h"
#include "layerfs/gzip_stream.h"
#include "layerfs/parallel_compressor.h"
#include "layerfs/zstd_stream.h"
#include "support/cores.h"

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
  llvm::Expected<uint64_t> takeFile(int file, uint64_t size) override { return sink_.takeFile(file, size); }
  llvm::Error finish() override { return llvm::Error::success(); }

private:
  ByteSink& sink_;
};

std::unique_ptr<BlockCodec> makeCodec(const CompressionChoice& choice) {
  return choice.kind == Compression::Gzip ? makeGzipCodec(choice.level) : makeZstdCodec(choice.level);
}
}  // namespace

Compression compressionOf(llvm::StringRef mediaType) {
  if (mediaType.ends_with("gzip")) return Compression::Gzip;
  if (mediaType.ends_with("zstd")) return Compression::Zstd;
  return Compression::None;
}

std::unique_ptr<Compressor> makeCompressor(const CompressionChoice& choice, ByteSink& sink, unsigned threads,
                                           const std::string& kept) {
  if (choice.kind == Compression::None) return std::make_unique<PassingOn>(sink);
  if (threads == 0) threads = usableCores();
  auto codec = makeCodec(choice);
  std::optional<KeptBlocks> blocks;
  if (!kept.empty()) blocks.emplace(kept, codec->name());
  return std::make_unique<ParallelCompressor>(std::move(codec), sink, threads, std::move(blocks));
}

}  // namespace strata::layerfs
