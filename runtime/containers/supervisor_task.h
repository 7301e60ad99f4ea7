#pragma once
/// \file What a supervisor is handed when its container exists: descriptors, in one message of a SOCK_SEQPACKET socket.

#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <optional>

namespace strata::runtime {

struct SupervisorTask {
  UniqueFd lock;    ///< of the container, held
  UniqueFd report;  ///< a pipe: reportOf() once the container runs or has failed to
  UniqueFd client;  ///< a client that is connected already, whom no output escapes; or nothing
};

/// Faults: Io.
[[nodiscard]] llvm::Error sendTask(int socket, int lock, int report, int client);
/// Waits for it. Nothing: the other side has gone without one.
std::optional<SupervisorTask> receiveTask(int socket);

}  // namespace strata::runtime
