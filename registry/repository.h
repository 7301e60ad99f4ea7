#pragma once
/// \file One repository of a registry: blobs and manifests, there and back. Logs in by itself, as often as it is asked
/// to (basic, or a bearer token for the scope at hand). Source: OCI distribution-spec v1.1, "Pull" and "Push"; the
/// distribution project's token authentication specification.

#include "layerfs/descriptor.h"
#include "registry/credentials.h"
#include "registry/reference.h"
#include "support/bytes.h"
#include "support/cancel.h"
#include "support/http.h"

#include <llvm/Support/Error.h>

#include <mutex>
#include <optional>
#include <string>

namespace strata::registry {

class Repository {
public:
  struct Options {
    bool insecure = false;  ///< plain HTTP is tried too; always so for 127.0.0.0/8, ::1 and localhost
  };
  /// Asks nothing of the registry yet. `http` and `cancel` are borrowed.
  Repository(const Reference& reference, HttpClient& http, const CancelToken& cancel, Options options);

  struct RawManifest {
    layerfs::Descriptor descriptor;
    std::string text;
  };
  /// By tag or "sha256:..."; the bytes are checked against the digest that was asked for.
  /// Faults: NotFound; Denied; Unavailable; Corrupt.
  llvm::Expected<RawManifest> manifest(llvm::StringRef tagOrDigest);
  llvm::Expected<bool> hasBlob(const Digest& digest);
  /// Bytes are checked against digest and size: Corrupt.
  [[nodiscard]] llvm::Error fetchBlob(const layerfs::Descriptor& blob, ByteSink& sink);

  /// Uploads in one piece. Nothing is sent if the registry has the blob.
  [[nodiscard]] llvm::Error pushBlob(const layerfs::Descriptor& blob, ByteSource& content);
  /// True if the registry could take the blob over from another of its repositories.
  llvm::Expected<bool> mountBlob(const Digest& digest, llvm::StringRef fromPath);
  [[nodiscard]] llvm::Error pushManifest(llvm::StringRef text, llvm::StringRef mediaType, llvm::StringRef tagOrDigest);

private:
  llvm::Expected<HttpResponse> send(HttpRequest request, ByteSink* body);
  llvm::Expected<HttpResponse> sendOver(llvm::StringRef scheme, HttpRequest& request, ByteSink* body);
  llvm::Error authenticate(const HttpResponse& refusal);
  llvm::Expected<std::string> tokenFrom(const std::map<std::string, std::string>& parameters);
  llvm::Expected<std::string> startUpload(llvm::StringRef query);
  std::string absolute(llvm::StringRef location, const HttpResponse& from) const;

  Reference reference_;
  HttpClient& http_;
  const CancelToken& cancel_;
  bool plainAllowed_ = false;
  std::mutex mutex_;           ///< over what follows
  std::string scheme_;         ///< "https" or "http" once known
  std::string authorization_;  ///< header's value, once asked for
};

}  // namespace strata::registry
