#pragma once
/// \file Layers made smaller on their way out, as streams, on as many cores as there are. The compressed bytes are a
/// matter of the content, kind and level alone: not of the number of threads, how the bytes came, the day or the
/// machine. (gzip's are those of x86-64 with SSE 4.2, every one since 2011; ISA-L gives others, as valid, on older ones
/// and on arm64. zstd's are the same everywhere.) Other versions of the two libraries may give other bytes.

#include "support/bytes.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>

namespace strata::layerfs {

enum class Compression { None, Gzip, Zstd };

/// What the compressed form of a layer is to be like. Levels are those of the gzip and zstd programs, what is beyond
/// their ends taken as the end; nothing: a quick one (gzip 6, zstd 3). Of gzip's 0 to 9 three differ: 0, 1 to 3, and 4
/// to 9, which are ISA-L's 0, 1 and 2 (a tenth larger than gzip -6, at ten times its speed). zstd has 1 to 22.
struct CompressionChoice {
  Compression kind = Compression::Gzip;
  std::optional<int> level;
};

/// The family of media types that a manifest speaks: OCI's, or docker's older one.
enum class MediaFamily { Oci, Docker };
/// The media type of a layer's blob. Docker's family has no zstd: that is OCI's in both.
llvm::StringRef layerMediaType(MediaFamily family, Compression compression);
/// How a blob of this media type is compressed.
Compression compressionOf(llvm::StringRef mediaType);

/// A sink that compresses into another. Bytes go on in order, from within write() and finish(), on the caller's thread.
class Compressor : public ByteSink {
public:
  /// Before the first write: passes on what is kept of an earlier time (KeptBlocks); of how many bytes from the start
  /// on, which then are not to be written.
  virtual llvm::Expected<uint64_t> takeKept() { return 0; }
  /// Must be called once, after the last write.
  [[nodiscard]] virtual llvm::Error finish() = 0;
};

/// Borrows `sink`. Blocks (gzip 1 MiB, zstd 4 MiB) are compressed by the caller and `threads` - 1 oneTBB workers, if
/// they are free; 0 stands for the number of cores. Memory: two blocks a thread and one, each twice, and the
/// compressor's own tables (zstd 19: 50 MiB a thread). gzip gives one member, zstd a frame for each block. With
/// Compression::None the bytes pass as they are. `kept`: the directory of a layer where blocks are kept (KeptBlocks,
/// which takes 8 MiB more); empty: they are not. Faults: whatever the sink faults; Io.
std::unique_ptr<Compressor> makeCompressor(const CompressionChoice& choice, ByteSink& sink, unsigned threads = 0,
                                           const std::string& kept = {});

}  // namespace strata::layerfs
