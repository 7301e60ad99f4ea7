#pragma once
/// \file One repository of a registry: blobs and manifests, there and back. Logs in by itself, as often as it is asked
/// to (basic, or a bearer token for the scope at hand), tries again what may pass, and reads from mirrors first where
/// there are some. Source: OCI distribution-spec v1.1, "Pull", "Push", "Content Discovery", "Content Management".

#include "layerfs/descriptor.h"
#include "registry/blob_upload.h"
#include "registry/reference.h"
#include "registry/transport/endpoint.h"
#include "support/bytes.h"

#include <llvm/Support/Error.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace strata::registry {

/// A place that a repository is read from: a mirror, or the registry itself.
struct PullSource {
  std::unique_ptr<Endpoint> endpoint;
  bool tags = true, digests = true;  ///< what it may be asked for
};

/// Made by Client. Any thread.
class Repository {
public:
  /// `sources`: in the order of asking. `home`: where pushes go.
  Repository(Reference reference, std::vector<PullSource> sources, std::unique_ptr<Endpoint> home);

  struct RawManifest {
    layerfs::Descriptor descriptor;
    std::string text;
  };
  /// By tag or "sha256:..."; the bytes are checked against the digest that was asked for.
  /// Faults: NotFound; Denied; Unavailable; Corrupt.
  llvm::Expected<RawManifest> manifest(llvm::StringRef tagOrDigest);
  /// What the tag leads to now, without its bytes; nothing: there is no such manifest.
  llvm::Expected<std::optional<layerfs::Descriptor>> resolve(llvm::StringRef tagOrDigest);
  /// Every tag, in the registry's order. Faults: NotFound without the repository.
  llvm::Expected<std::vector<std::string>> tags();
  /// What refers to this manifest: by the referrers API, else by the tag that stands for it. May be empty.
  llvm::Expected<std::vector<layerfs::Descriptor>> referrers(const Digest& subject, llvm::StringRef artifactType = {});

  /// A reader of the blob's bytes, taken up again with Range where the connection broke; digest and size are checked:
  /// Corrupt from the read that would have been the last, naming the blob. Nothing is asked before the first read. Used
  /// by one thread at a time, not longer than the repository.
  llvm::Expected<std::unique_ptr<ByteSource>> openBlob(const layerfs::Descriptor& blob);
  /// From `begin` on alone, checked against that part's digest. Faults: also Unsupported where the registry does not
  /// give parts.
  llvm::Expected<std::unique_ptr<ByteSource>> openBlobEnd(const layerfs::Descriptor& blob, uint64_t begin,
                                                          const Digest& digest);
  /// The whole blob into a sink.
  [[nodiscard]] llvm::Error fetchBlob(const layerfs::Descriptor& blob, ByteSink& sink);

  /// Of the registry itself, as all that follows.
  llvm::Expected<bool> hasBlob(const Digest& digest);
  /// Whether this tag, or "sha256:...", leads to the manifest; each is asked for once, until pushManifest. What cannot
  /// be said is "no". Faults: Unavailable; Cancelled.
  llvm::Expected<bool> hasManifest(const Digest& digest, llvm::StringRef tagOrDigest);
  /// Nothing is opened or sent if the registry has the blob, or can take it over from `mountFrom`, another of its
  /// repositories. `open` is called again after a break.
  using Open = llvm::function_ref<llvm::Expected<std::unique_ptr<ByteSource>>()>;
  [[nodiscard]] llvm::Error pushBlob(const layerfs::Descriptor& blob, Open open, llvm::StringRef mountFrom = {});
  /// The same for one that is known not to be there: nothing is asked.
  [[nodiscard]] llvm::Error sendBlob(const layerfs::Descriptor& blob, Open open, std::string session = {});
  /// A small blob.
  [[nodiscard]] llvm::Error pushBlob(const layerfs::Descriptor& blob, llvm::StringRef content);
  /// Uploads what `produce` writes, whose digest is known only at the end: no temporary copy. `produce` is called again
  /// from the start after a break, for the same bytes; the part that the registry has is left out. Digest and size; the
  /// media type is the caller's to fill in.
  llvm::Expected<layerfs::Descriptor> pushStream(Produce produce);
  /// True if the registry could take the blob over from another of its repositories.
  llvm::Expected<bool> mountBlob(const Digest& digest, llvm::StringRef fromPath);

  /// `ifMatch`: only if the tag still leads there, where the registry can tell; else it faults Exists.
  [[nodiscard]] llvm::Error pushManifest(llvm::StringRef text, llvm::StringRef mediaType, llvm::StringRef tagOrDigest,
                                         std::optional<Digest> ifMatch = {});
  /// Faults: NotFound; Unsupported where the registry deletes nothing.
  [[nodiscard]] llvm::Error deleteManifest(const Digest& digest);

  const Reference& reference() const { return reference_; }
  /// Where pushes go: "localhost:5000".
  const std::string& domain() const { return home_->host().domain(); }

private:
  llvm::Expected<std::string> mountOrBegin(const Digest& digest, llvm::StringRef fromPath);
  /// Asks one source after the other until one does not fault.
  llvm::Error fromAny(llvm::StringRef tagOrDigest, llvm::function_ref<llvm::Error(Endpoint&)> ask);
  std::vector<Endpoint*> endpointsFor(llvm::StringRef tagOrDigest);

  Reference reference_;
  std::vector<PullSource> sources_;
  std::unique_ptr<Endpoint> home_;
  std::atomic<size_t> preferred_ = 0;  ///< the source that answered last: what it named, it has
  std::mutex askedMutex_;
  std::map<std::string, Digest, std::less<>> asked_;  ///< what tags led to; none: to nothing
};

}  // namespace strata::registry
