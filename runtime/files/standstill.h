#pragma once
/// \file A container that changes nothing while it is looked at.

#include "runtime/containers/container_store.h"
#include "support/files.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>

namespace strata::runtime {

/// Ended by its destructor.
class Standstill {
public:
  /// Pauses a container that runs; one that does not cannot be started meanwhile. Faults: Unsupported where the host
  /// cannot pause it; Unavailable while it is being started or removed.
  static llvm::Expected<std::unique_ptr<Standstill>> begin(ContainerStore& containers, const Container& container);
  Standstill(const Standstill&) = delete;
  ~Standstill();

private:
  Standstill(ContainerStore& containers, std::string id) : containers_(containers), id_(std::move(id)) {}
  ContainerStore& containers_;
  std::string id_;
  bool isPaused_ = false;  ///< by us
  std::optional<FileLock> lock_;
};

}  // namespace strata::runtime
