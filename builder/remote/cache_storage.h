#pragma once
/// \file Where a shared cache's bytes are: a root, which names everything, and blobs by digest. A registry's repository
/// or a directory; whoever has another kind of store writes another of these.

#include "builder/remote/cache_options.h"
#include "layerfs/descriptor.h"
#include "registry/client.h"
#include "support/bytes.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>

namespace strata::builder {

/// Any thread.
class CacheStorage {
public:
  virtual ~CacheStorage() = default;
  /// Where layerfs::LayerBlobs finds its blobs.
  virtual std::string place() const = 0;

  struct Root {
    Digest digest;
    std::string text;
  };
  /// Nothing: nobody has written one yet. Faults: Denied; Unavailable; Corrupt.
  virtual llvm::Expected<std::optional<Root>> root() = 0;
  /// Another manifest, which an index that stands for the root names. Faults: as root(); NotFound.
  virtual llvm::Expected<std::string> manifest(const Digest& digest) = 0;
  /// Replaces the root, all of whose blobs must be there. `before`: what was read. Faults: Exists where the storage
  /// can tell that another one wrote meanwhile; NotFound or Invalid where a blob is missing; Denied; Unavailable.
  [[nodiscard]] virtual llvm::Error replaceRoot(llvm::StringRef text, std::optional<Digest> before) = 0;
  /// Runs `body` with nobody else changing the root, where the storage can see to that: see isExclusive().
  [[nodiscard]] virtual llvm::Error alone(llvm::function_ref<llvm::Error()> body) = 0;
  virtual bool isExclusive() const = 0;

  virtual llvm::Expected<bool> hasBlob(const layerfs::Descriptor& blob) = 0;
  /// Verified: Corrupt in the place of the last bytes. Faults: NotFound; Unavailable.
  virtual llvm::Expected<std::unique_ptr<ByteSource>> openBlob(const layerfs::Descriptor& blob) = 0;
  [[nodiscard]] virtual llvm::Error putBlob(const layerfs::Descriptor& blob, llvm::StringRef bytes) = 0;
  /// A blob of any size, whose digest is known when it has been written; digest and size. `produce` may be called
  /// again, and gives the same bytes then.
  using Produce = llvm::function_ref<llvm::Error(ByteSink& sink)>;
  virtual llvm::Expected<layerfs::Descriptor> putStream(Produce produce) = 0;
  /// True if the blob could be had from another place without its bytes passing through here.
  virtual llvm::Expected<bool> takeOver(const layerfs::Descriptor& blob, llvm::StringRef otherPlace) = 0;
};

/// A small blob, whole. Faults: as openBlob(); Invalid if it is longer.
llvm::Expected<std::string> readBlob(CacheStorage& storage, const layerfs::Descriptor& blob, size_t limit);

/// `client` is borrowed. A local one is made where it is missing if `forWriting`.
llvm::Expected<std::unique_ptr<CacheStorage>> openCacheStorage(const CachePlace& place, registry::Client& client,
                                                               bool forWriting);

llvm::Expected<std::unique_ptr<CacheStorage>> openLocalStorage(const CachePlace& place, bool forWriting);
llvm::Expected<std::unique_ptr<CacheStorage>> openRegistryStorage(const CachePlace& place, registry::Client& client,
                                                                  bool forWriting);

/// Removes the blobs of a local cache that no tag leads to (reset=true).
[[nodiscard]] llvm::Error dropUnreferencedBlobs(const std::string& directory);

}  // namespace strata::builder
