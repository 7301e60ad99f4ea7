#pragma once
/// \file An image whose layers are blobs that somebody opens: of a registry, an archive, a layout. Nothing is stored; a
/// layer's bytes pass once in each walk, and are compared with the digests that documents gave of them.

#include "analyzer/image/image_source.h"
#include "support/bytes.h"

#include <functional>
#include <memory>
#include <vector>

namespace strata::analyzer {

/// The blob of a layer, compressed or not. The readers that it gives are used one at a time.
using OpenBlob = std::function<llvm::Expected<std::unique_ptr<ByteSource>>(size_t layer)>;

/// `facts` as factsOf() makes them. `here`: for each layer the one of the local store that has the same diffID, which
/// is read in its place, or null; may be empty. A walk faults Corrupt for a layer that has not its diffID.
std::unique_ptr<ImageSource> makeStreamedImage(ImageFacts facts, OpenBlob open,
                                               std::vector<std::shared_ptr<layerfs::Layer>> here = {});

}  // namespace strata::analyzer
