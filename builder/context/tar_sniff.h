#pragma once
/// \file Whether a stream is a tar: by content alone, compressed or not. Source: spec ADD-3, CTX-3.

#include "support/bytes.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <string>

namespace strata::builder {

/// A stream whose first bytes were looked at, and are still there to be read.
class SniffedSource : public ByteSource {
public:
  llvm::Expected<size_t> read(char* buffer, size_t size) override;

  bool isTar = false;         ///< the first header, after decompression, is a tar's; then the tar's bytes are read
  bool isCompressed = false;  ///< gzip, bzip2, xz or zstd by its first bytes

private:
  friend llvm::Expected<std::unique_ptr<SniffedSource>> findTar(ByteSource& source);
  std::string head_;
  size_t taken_ = 0;
  ByteSource* rest_ = nullptr;
  std::unique_ptr<SniffedSource> compressed_;  ///< what `plain_` reads
  std::unique_ptr<ByteSource> plain_;
};

/// Looks at the start. Borrows `source`; what cannot be decompressed is no tar. Faults: what reading `source` faults.
llvm::Expected<std::unique_ptr<SniffedSource>> findTar(ByteSource& source);

}  // namespace strata::builder
