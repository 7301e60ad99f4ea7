#pragma once
/// \file Containers as they are: a row that says that a container runs, while nobody holds its lock, was left by a
/// supervisor that was killed or a host that went down. Whoever looks corrects it, and ends and removes what is left.

#include "runtime/containers/container_store.h"

namespace strata::runtime {

/// ContainerStore::find() and list(), corrected. A container that was to go at its end (`--rm`) and could not is
/// removed, and is in no answer.
llvm::Expected<Container> findContainer(ContainerStore& store, llvm::StringRef text);
llvm::Expected<std::vector<Container>> listContainers(ContainerStore& store);

/// False if the container is gone.
llvm::Expected<bool> correct(ContainerStore& store, Container& container);

/// Removes what a supervisor that was killed left of a run, its processes first. The caller holds the lock.
void removeLeftovers(const Container& container, const ContainerDirectory& directory);

}  // namespace strata::runtime
