#pragma once
/// \file A further process in a running container, started by the command that wants it, through the OCI runtime.

#include "runtime/containers/container_store.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::runtime {

struct ExecRequest {
  std::vector<std::string> argv;
  std::vector<std::string> env;     ///< the whole environment
  std::string workingDir;           ///< empty: the container's
  std::optional<std::string> user;  ///< nothing: the container's
  bool terminal = false;            ///< our standard input is one
  bool interactive = false;         ///< it gets our standard input
  bool detached = false;            ///< nobody waits for it or hears it
  bool privileged = false;
};

/// Runs it with our standard streams; its exit code, or 0 at once if it is detached. The caller is in a mount namespace
/// of its own. Faults: Invalid in docker's words for a container that does not run; NotFound for a missing program or
/// user; Denied for one that cannot be executed; Unavailable if the runtime failed.
llvm::Expected<int> execInContainer(ContainerStore& store, const Container& container, const ExecRequest& request);

}  // namespace strata::runtime
