#pragma once
/// \file A blob of an image layout in a directory that others write as well: checked as one from a server is.

#include "layerfs/descriptor.h"
#include "support/bytes.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <string>

namespace strata::layerfs {

/// "<directory>/blobs/sha256/<hex>".
std::string blobPath(const std::string& directory, const Digest& digest);

/// A reader of the blob's bytes, which faults Corrupt in the place of the last ones if digest or size are not the
/// descriptor's. Faults: NotFound; Denied; Io.
llvm::Expected<std::unique_ptr<ByteSource>> openBlobFile(const std::string& directory, const Descriptor& blob);

}  // namespace strata::layerfs
