#include "builder/remote/cache_storage.h"

#include "support/fault.h"

namespace strata::builder {

llvm::Expected<std::string> readBlob(CacheStorage& storage, const layerfs::Descriptor& blob, size_t limit) {
  if (blob.size > limit)
    return fault(FaultKind::Invalid, "blob " + blob.digest.str() + " has " + llvm::Twine(blob.size) +
                                         " bytes, of at most " + llvm::Twine(limit));
  auto source = storage.openBlob(blob);
  if (!source) return source.takeError();
  return readAll(**source, limit);
}

llvm::Expected<std::unique_ptr<CacheStorage>> openCacheStorage(const CachePlace& place, registry::Client& client,
                                                               bool forWriting) {
  if (place.type == CacheType::Local) return openLocalStorage(place, forWriting);
  return openRegistryStorage(place, client, forWriting);
}

}  // namespace strata::builder
