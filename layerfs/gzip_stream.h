#pragma once
/// \file gzip, through ISA-L. Source: RFC 1952 (gzip), RFC 1951 (deflate).

#include "layerfs/block_codec.h"
#include "support/bytes.h"

#include <memory>
#include <optional>

namespace strata::layerfs {

/// One gzip member of deflate blocks of 1 MiB, each ended by a full flush. `level` as in CompressionChoice.
std::unique_ptr<BlockCodec> makeGzipCodec(std::optional<int> level);

bool isGzip(llvm::StringRef firstBytes);
/// The content of all members, one after the other; borrows `source` and reads it to its end. read() faults: Invalid
/// for damage, a wrong checksum or length, a stream that ends early, or anything else behind the last member.
std::unique_ptr<ByteSource> inflateGzip(ByteSource& source);

}  // namespace strata::layerfs
