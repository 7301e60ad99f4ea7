#pragma once
/// \file The door to aardvark-dns: one process for all networks of a store, which answers on their gateways for the
/// names of containers and asks the host's name servers for all others. It ends when no network is left to answer for.
/// Source: aardvark-dns's documentation, "Configuration".

#include "runtime/networks/network.h"
#include "support/process_handle.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::runtime {

class NameServer {
public:
  /// `directory`: of its files, `names/` in the store's `networks/`.
  explicit NameServer(std::string directory) : directory_(std::move(directory)) {}

  /// Answers with these from now on; without any the network is forgotten. Starts the process if there is none.
  /// Faults: NotFound without aardvark-dns, saying how to have it; Unavailable; Io.
  [[nodiscard]] llvm::Error announce(const Network& network, llvm::ArrayRef<Endpoint> endpoints);

private:
  [[nodiscard]] llvm::Error write(const Network& network, llvm::ArrayRef<Endpoint> endpoints);
  [[nodiscard]] llvm::Error start();
  llvm::Expected<ProcessHandle> findProcess() const;
  std::string directory_;
};

}  // namespace strata::runtime
