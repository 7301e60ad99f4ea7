#pragma once
/// \file The supervisor: one small process a running container, which outlives the command that started it. It mounts
/// the root in a mount namespace of its own, starts the container through an OCI runtime and is its reaper, keeps its
/// log and its streams, serves whoever attaches, writes its state into the database, restarts it as its policy says,
/// and removes every trace at the end. It holds the lock of the container's directory for its whole life: a row that
/// says "running" while the lock is free is not true (truth.h).

#include "layerfs/store.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <string>

namespace strata::runtime {

/// The hidden command that the program has for it: ID. See ContainerStart.
inline constexpr char kSupervisorCommand[] = "container-supervisor";
/// Where it finds the socket from which it has its SupervisorTask.
inline constexpr int kSupervisorSocket = 0;

/// How a supervisor comes to the store, which it does not keep open: whoever prunes would wait for it.
struct StoreDoor {
  std::function<llvm::Expected<layerfs::Store*>()> open;
  std::function<void()> close;
};

/// Waits until the container `id` exists, then to its end. The caller has one thread and a mount namespace of its own.
void supervise(const std::string& id, StoreDoor door);

}  // namespace strata::runtime
