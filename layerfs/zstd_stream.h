#pragma once
/// \file zstd. Source: RFC 8878.

#include "layerfs/block_codec.h"
#include "support/bytes.h"

#include <memory>
#include <optional>

namespace strata::layerfs {

/// A frame for each 4 MiB, with its content's size and checksum. `level` as in CompressionChoice.
std::unique_ptr<BlockCodec> makeZstdCodec(std::optional<int> level);

bool isZstd(llvm::StringRef firstBytes);
/// The content of all frames, one after the other, skippable ones left out; borrows `source` and reads it to its end.
/// Memory: the window that a frame asks for, at most 128 MiB. read() faults: Invalid for damage, a wrong checksum, a
/// larger window, a stream that ends early, or anything else behind the last frame.
std::unique_ptr<ByteSource> inflateZstd(ByteSource& source);

}  // namespace strata::layerfs
