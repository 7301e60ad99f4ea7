#pragma once
/// \file A blob on its way into a repository. Source: OCI distribution-spec v1.1, "Pushing blobs".

#include "layerfs/descriptor.h"
#include "registry/transport/endpoint.h"
#include "support/bytes.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::registry {

/// Writes the blob's bytes, from the first to the last; called again after a break, and then to write the same.
using Produce = llvm::function_ref<llvm::Error(ByteSink&)>;

/// One upload session, by one thread. In one piece (PUT) where digest and size are known, else streamed (PATCH, then
/// PUT); in pieces of 8 MiB where the registry takes neither. After a break it goes on where the registry stands, or
/// begins anew where that is not known.
class BlobUpload {
public:
  /// `known`: digest and size, where the caller knows them before the bytes.
  /// `session`: where an upload that is open already goes on; empty: one is begun.
  BlobUpload(Endpoint& endpoint, std::optional<layerfs::Descriptor> known, Produce produce, std::string session = {});

  /// Digest and size of what the registry has now. Faults: what `produce` faults; Corrupt if its bytes are not those
  /// that are known, or the registry names another digest; as Endpoint::send().
  llvm::Expected<layerfs::Descriptor> run();

private:
  enum class Form { Whole, Stream, Pieces };
  class Pass;
  llvm::Expected<layerfs::Descriptor> attempt();
  llvm::Error begin();
  llvm::Error findOffset();
  llvm::Expected<layerfs::Descriptor> sendAll();
  llvm::Error sendPieces(Pass& pass);
  llvm::Error sendStream(Pass& pass, HttpResponse& answer);
  llvm::Error closeWith(const Digest& digest);
  llvm::Error judge(llvm::StringRef method, const HttpResponse& response);
  llvm::Error checkDigest(const HttpResponse& response, const Digest& digest) const;
  llvm::Error takeLocation(const HttpResponse& response);
  bool arrivedAnyway();
  std::string withDigest(const Digest& digest) const;

  Endpoint& endpoint_;
  std::optional<layerfs::Descriptor> known_;
  Produce produce_;
  Form form_;
  std::string location_;  ///< of the session; empty: none
  bool fresh_;            ///< the session was just opened
  uint64_t offset_ = 0;   ///< what the registry has
  size_t piece_ = 8 << 20;
  bool final_ = false;  ///< no other attempt can help
  int refusals_ = 0;
  std::optional<std::chrono::milliseconds> asked_;
};

}  // namespace strata::registry
