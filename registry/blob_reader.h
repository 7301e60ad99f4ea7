#pragma once
/// \file A blob's bytes as a stream that survives broken connections. Source: OCI distribution-spec v1.1, "Pulling
/// blobs"; RFC 9110, 14 (range requests).

#include "layerfs/descriptor.h"
#include "registry/transport/endpoint.h"
#include "support/bytes.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <vector>

namespace strata::registry {

/// Reads from the first endpoint that has the blob; the others are asked when it has not, or gives up midway. Nothing
/// is asked before the first read. Digest and size are checked: Corrupt from the read that would have given the last
/// bytes. Faults: also as Endpoint::send() and NotFound.
std::unique_ptr<ByteSource> makeBlobReader(std::vector<Endpoint*> endpoints, layerfs::Descriptor blob);
/// The same from `begin` on, which is within the blob; `digest` is that part's. Faults: Unsupported where an endpoint
/// sends all of the blob instead.
std::unique_ptr<ByteSource> makeBlobEndReader(std::vector<Endpoint*> endpoints, layerfs::Descriptor blob,
                                              uint64_t begin, const Digest& digest);

}  // namespace strata::registry
