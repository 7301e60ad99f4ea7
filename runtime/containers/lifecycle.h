#pragma once
/// \file What commands do to containers: start, stop, kill, pause, wait, remove. Each talks to the container's
/// supervisor where it has one.

#include "runtime/containers/container_start.h"
#include "runtime/containers/container_store.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace strata::runtime {

/// Starts a container that does not run. `client`: the supervisor's end of a socket pair, which misses no output.
/// Returns when the process runs. Faults: Unavailable if it runs already; those of ContainerRun::start().
[[nodiscard]] llvm::Error startContainer(ContainerStore& store, const Container& container,
                                         const SupervisorProgram& program);
/// What was begun for it goes on.
[[nodiscard]] llvm::Error startContainer(ContainerStore& store, const Container& container, ContainerStart start,
                                         UniqueFd client);

struct StopOptions {
  std::optional<int> signal;       ///< nothing: stopSignalOf()
  std::optional<int64_t> seconds;  ///< until SIGKILL; below 0: never; nothing: the container's own, or 10
  bool keep = false;               ///< also where it was made to go at its end
};
/// Returns when it has ended and everything of the run is gone; a container that does not run is left alone.
[[nodiscard]] llvm::Error stopContainer(ContainerStore& store, const Container& container, const StopOptions& options);

/// Stops it, if it runs, and starts it.
[[nodiscard]] llvm::Error restartContainer(ContainerStore& store, const Container& container,
                                           const StopOptions& options, const SupervisorProgram& program);

/// Faults: Invalid in docker's words for one that does not run.
[[nodiscard]] llvm::Error killContainer(ContainerStore& store, const Container& container, int signal);

/// Waits for the end of the run that there is; the exit code of that, or of the last.
llvm::Expected<int> waitForContainer(ContainerStore& store, const Container& container);

/// `force`: ends it first. With volumes its anonymous ones go, too. Faults: Invalid in docker's words for one that
/// runs.
enum class WithVolumes { No, Yes };
[[nodiscard]] llvm::Error removeContainer(ContainerStore& store, const Container& container, bool force,
                                          WithVolumes volumes = WithVolumes::No);

}  // namespace strata::runtime
