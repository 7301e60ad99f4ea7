#pragma once
/// \file Compression taken off on the way in. In one pass the digests of both sides come from a HashingSource below and
/// one above:
///
///     HashingSource stored(blob);
///     auto plain = decompressed(stored);
///     HashingSource tar(**plain);

#include "support/bytes.h"

#include <llvm/Support/Error.h>

#include <memory>

namespace strata::layerfs {

/// Removes the compression that the first bytes tell of: gzip by ISA-L, zstd by its own library, both read to the end
/// of `source`, which may hold nothing else; xz, bzip2, lz4, lzip, lzma and compress by libarchive. Anything else
/// passes as it is. Memory is bounded, whatever the content grows to. Borrows `source`. Faults: whatever `source`
/// faults; Invalid for damage, here or from read().
llvm::Expected<std::unique_ptr<ByteSource>> decompressed(ByteSource& source);

}  // namespace strata::layerfs
