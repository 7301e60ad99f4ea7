#pragma once
/// \file A cache inside an image: the member "strata.cache.v1" of its configuration is a pack (pack.h) of the records
/// that its own layers answer, told by diffID; where the blobs are says the manifest. Nothing in there depends on when
/// or where the image was built: the same build gives the same image. Source: spec COUT-7.

#include "builder/remote/cache_state.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::builder {

inline constexpr llvm::StringLiteral kInlineMember = "strata.cache.v1";

/// The member's value for an image with these layers, as JSON.
std::string inlineCacheOf(CachePack pack, llvm::ArrayRef<layerfs::DiffId> layers);

/// `root`: an image's manifest, or an index of several. Nothing: no image in there carries a cache.
llvm::Expected<std::optional<CacheState>> loadInlineCache(llvm::StringRef root, CacheStorage& storage,
                                                          llvm::function_ref<void()> onProgress);

}  // namespace strata::builder
