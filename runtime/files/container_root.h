#pragma once
/// \file A container's root directory, for commands that read and write its files: that of its processes while it runs,
/// else its layers mounted, with its volumes and binds and with an empty tmpfs for each that it will have, for the
/// command alone.

#include "layerfs/store.h"
#include "runtime/containers/container_store.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <memory>

namespace strata::runtime {

class ContainerRoot {
public:
  /// A container that does not run is locked for as long as this lives: it cannot be started. The caller is in a mount
  /// namespace of its own. Faults: Unavailable while it is being started or removed, or waits to be restarted; NotFound
  /// for a mount source that is gone; Unsupported; Io.
  static llvm::Expected<std::unique_ptr<ContainerRoot>> open(const Container& container, ContainerStore& containers,
                                                             layerfs::Store& store);
  virtual ~ContainerRoot() = default;

  /// To be looked into with openInRoot() alone: what is in it may be hostile.
  virtual int fd() const = 0;
  /// Whether what is written to this path outlives the command. Faults: Invalid if it is on a tmpfs of a container that
  /// does not run, which is empty then and made anew with each start.
  [[nodiscard]] virtual llvm::Error checkStays(llvm::StringRef) const { return llvm::Error::success(); }
  /// After the last write.
  [[nodiscard]] virtual llvm::Error finish() { return llvm::Error::success(); }
};

}  // namespace strata::runtime
