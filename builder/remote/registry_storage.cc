// A cache under a tag of a registry's repository.

#include "builder/remote/cache_index.h"
#include "builder/remote/cache_storage.h"
#include "registry/reference.h"
#include "support/fault.h"

namespace strata::builder {

using layerfs::Descriptor;
using llvm::StringRef;

namespace {
class RegistryStorage : public CacheStorage {
public:
  RegistryStorage(registry::Repository& repository, registry::Reference reference)
      : repository_(repository), reference_(std::move(reference)) {}

  std::string place() const override { return reference_.repository(); }

  llvm::Expected<std::optional<Root>> root() override {
    auto manifest = repository_.manifest(tag());
    if (manifest) return Root{manifest->descriptor.digest, std::move(manifest->text)};
    auto error = manifest.takeError();
    if (takeIf(error, FaultKind::NotFound)) return std::nullopt;
    return error;
  }

  llvm::Expected<std::string> manifest(const Digest& digest) override {
    auto manifest = repository_.manifest(digest.str());
    if (!manifest) return manifest.takeError();
    return std::move(manifest->text);
  }

  llvm::Error replaceRoot(StringRef text, std::optional<Digest> before) override {
    return repository_.pushManifest(text, layerfs::media::kOciManifest, reference_.tag, before);
  }

  llvm::Error alone(llvm::function_ref<llvm::Error()> body) override { return body(); }
  bool isExclusive() const override { return false; }

  llvm::Expected<bool> hasBlob(const Descriptor& blob) override { return repository_.hasBlob(blob.digest); }

  llvm::Expected<std::unique_ptr<ByteSource>> openBlob(const Descriptor& blob) override {
    return repository_.openBlob(blob);
  }

  llvm::Error putBlob(const Descriptor& blob, StringRef bytes) override { return repository_.pushBlob(blob, bytes); }

  llvm::Expected<Descriptor> putStream(Produce produce) override { return repository_.pushStream(produce); }

  /// Registries lend blobs among their own repositories.
  llvm::Expected<bool> takeOver(const Descriptor& blob, StringRef otherPlace) override {
    if (!otherPlace.consume_front(reference_.domain) || !otherPlace.consume_front("/")) return false;
    return repository_.mountBlob(blob.digest, otherPlace);
  }

private:
  std::string tag() const { return reference_.digest ? reference_.digest->str() : reference_.tag; }

  registry::Repository& repository_;
  registry::Reference reference_;
};
}  // namespace

llvm::Expected<std::unique_ptr<CacheStorage>> openRegistryStorage(const CachePlace& place, registry::Client& client,
                                                                  bool forWriting) {
  auto reference = registry::parseReference(place.reference);
  if (!reference) return reference.takeError();
  using Use = registry::Client::Use;
  auto repository = client.repository(*reference, forWriting ? Use::Push : Use::Pull);
  if (!repository) return repository.takeError();
  return std::make_unique<RegistryStorage>(**repository, std::move(*reference));
}

}  // namespace strata::builder
