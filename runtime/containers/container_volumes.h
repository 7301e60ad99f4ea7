#pragma once
/// \file Volumes that come and go with a container: those that nobody gave a name.

#include "runtime/containers/container_store.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

namespace strata::runtime {

/// Removes the anonymous volumes among these that no container has. One that is gone, or named by another container, is
/// no fault.
[[nodiscard]] llvm::Error removeAnonymousVolumes(ContainerStore& store, llvm::ArrayRef<ContainerMount> mounts);

/// ContainerStore::remove(), told as an event.
[[nodiscard]] llvm::Error removeAlone(ContainerStore& store, const Container& container);
/// The same, then its anonymous volumes but those that it was given by name.
[[nodiscard]] llvm::Error removeWithVolumes(ContainerStore& store, const Container& container);
/// The same by ContainerStore::takeOut().
llvm::Expected<std::string> takeOutWithVolumes(ContainerStore& store, const Container& container);

}  // namespace strata::runtime
