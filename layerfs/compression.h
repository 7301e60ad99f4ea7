#pragma once
/// \file Layers made smaller on their way out, as streams. One stream of bytes always gives the same compressed bytes:
/// no times, no names, one thread, fixed levels. Source: RFC 1952 (gzip), RFC 8878 (zstd).

#include "support/bytes.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>

namespace strata::layerfs {

enum class Compression { None, Gzip, Zstd };

/// What the compressed form of a layer is to be like. Levels are those of the gzip and zstd programs: gzip 0 to 9 (of
/// which ISA-L tells four apart), zstd 1 to 22, higher ones taken as 22; nothing: a quick one.
struct CompressionChoice {
  Compression kind = Compression::Gzip;
  std::optional<int> level;
};

/// The family of media types that a manifest speaks: OCI's, or docker's older one.
enum class MediaFamily { Oci, Docker };
/// The media type of a layer's blob. Docker's family has no zstd: that is OCI's in both.
llvm::StringRef layerMediaType(MediaFamily family, Compression compression);

/// A sink that compresses into another. finish() must be called once, after the last write.
class Compressor : public ByteSink {
public:
  [[nodiscard]] virtual llvm::Error finish() = 0;
};
/// Borrows `sink`. With Compression::None the bytes pass as they are. Faults: whatever the sink faults.
std::unique_ptr<Compressor> makeCompressor(const CompressionChoice& choice, ByteSink& sink);

}  // namespace strata::layerfs
