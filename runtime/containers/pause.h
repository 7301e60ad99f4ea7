#pragma once
/// \file A container that stands still: because its user paused it, or because its files are read for a moment. Who
/// reads them as a whole holds `standstill` of its directory alone, and whoever else would disturb that or be disturbed
/// (who starts, ends, pauses or resumes the container, who copies files while it runs) shares it with others of that
/// kind.

#include "runtime/containers/container_store.h"
#include "support/files.h"

#include <llvm/Support/Error.h>

namespace strata::runtime {

/// Waits for whoever stands in the way. Faults: NotFound if the container has been removed; Io.
llvm::Expected<FileLock> holdFiles(const ContainerStore& store, const Container& container, FileLock::Mode mode);

/// Faults: Invalid where it does not run, or is (not) paused; Unsupported without control groups.
[[nodiscard]] llvm::Error pauseContainer(ContainerStore& store, const Container& container);
[[nodiscard]] llvm::Error resumeContainer(ContainerStore& store, const Container& container);

/// For one that runs, by who holds `standstill` alone. Faults: Unsupported without control groups.
[[nodiscard]] llvm::Error beginStandstill(ContainerStore& store, const Container& container, const FileLock& held);
/// Undoes it.
[[nodiscard]] llvm::Error endStandstill(ContainerStore& store, const Container& container, const FileLock& held);
/// What a command that was killed left standing goes on. Whether there was something to undo.
llvm::Expected<bool> endLeftStandstill(ContainerStore& store, const Container& container);

}  // namespace strata::runtime
