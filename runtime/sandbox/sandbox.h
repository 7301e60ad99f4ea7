#pragma once
/// \file The built-in sandbox for RUN steps: namespaces (mount, pid, ipc, uts; net for NetworkMode::None), pivot_root
/// into a snapshot, docker's capabilities and seccomp profile. No re-exec, no cgroup, no temporary file: a process
/// costs a few milliseconds. The whole process tree is gone when runSandboxed returns, however it ends, and also when
/// strata is killed (the container's pid 1 dies with its parent).

#include "layerfs/snapshot.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/exit_status.h"
#include "support/cancel.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

namespace strata::runtime {
class ReadTrace;

/// Bytes of standard output or error as they come, at most 64 KiB at a time.
using OutputHandler = llvm::function_ref<void(llvm::StringRef bytes, bool isError)>;

/// Runs `spec` on the snapshot and waits for it; standard input is empty. Mount points that are missing are made and
/// taken away afterwards. Cancelling ends the tree at once. `trace`, if any, is told what the processes open of the
/// root. Faults: NotFound if the program or user is missing in the root (as docker words it: `exec: "x": executable
/// file not found in $PATH`); Denied if it cannot be executed; Cancelled; Unsupported where the kernel forbids
/// namespaces, saying what to do; Io.
llvm::Expected<ExitStatus> runSandboxed(const ContainerSpec& spec, layerfs::Snapshot& snapshot, OutputHandler output,
                                        const CancelToken& cancel, ReadTrace* trace = nullptr);

}  // namespace strata::runtime
