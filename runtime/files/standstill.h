#pragma once
/// \file A container that changes nothing while it is looked at.

#include "runtime/containers/container_store.h"
#include "support/cancel.h"
#include "support/files.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>

namespace strata::runtime {

/// Ended by its destructor.
class Standstill {
public:
  /// Pauses a container that runs; one that does not cannot be started meanwhile. Waits for others that read or copy
  /// its files; those that want to end it wait for this. Faults: Unsupported where the host cannot pause it;
  /// Unavailable while it is being started or removed; NotFound; Cancelled.
  static llvm::Expected<std::unique_ptr<Standstill>> begin(ContainerStore& containers, const Container& container,
                                                           const CancelToken& cancel);
  Standstill(const Standstill&) = delete;
  ~Standstill();

private:
  Standstill(ContainerStore& containers, FileLock files) : containers_(containers), files_(std::move(files)) {}
  ContainerStore& containers_;
  FileLock files_;
  std::optional<Container> paused_;  ///< by us
  std::optional<FileLock> lock_;     ///< of one that does not run
};

}  // namespace strata::runtime
