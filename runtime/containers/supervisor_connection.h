#pragma once
/// \file A command's connection to the supervisor of a container.

#include "runtime/containers/attach_frames.h"
#include "runtime/containers/container_directory.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <chrono>
#include <optional>

namespace strata::runtime {

class SupervisorConnection {
public:
  /// Nothing: the container has no supervisor, it does not run. Faults: Denied; Io.
  static llvm::Expected<std::optional<SupervisorConnection>> open(const ContainerDirectory& directory);
  explicit SupervisorConnection(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }
  /// Waits while the supervisor does not take it. Faults: Unavailable when it is gone.
  [[nodiscard]] llvm::Error send(FrameKind kind, llvm::StringRef payload);
  /// The next frame; nothing: the time is over. Faults: Unavailable when the supervisor is gone; Invalid.
  llvm::Expected<std::optional<Frame>> receive(std::optional<std::chrono::milliseconds> timeout);
  /// Passes over everything to the end of the container, its exit code; nothing: the time is over. Faults: as
  /// receive().
  llvm::Expected<std::optional<int>> waitForExit(std::optional<std::chrono::milliseconds> timeout);

private:
  UniqueFd socket_;
  FrameReader reader_;
};

}  // namespace strata::runtime
