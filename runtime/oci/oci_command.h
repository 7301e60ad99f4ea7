#pragma once
/// \file Calling an OCI runtime program for one container, on hosts as they are: with hybrid cgroups crun refuses to
/// start, so it runs in a private mount namespace without /sys/fs/cgroup/unified. Source: OCI runtime-spec v1.1,
/// runtime.md; the command lines of crun 1.8 to 1.20 and runc 1.1 to 1.3.

#include "runtime/oci/oci_runtime.h"
#include "support/spawn.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

/// One container in the hands of an OCI runtime.
struct OciContainer {
  OciRuntime runtime;
  std::string id;
  std::string root;         ///< `--root`: where the runtime keeps its state
  std::string log;          ///< `--log`: what it says of failures
  bool withCgroup = false;  ///< see canMakeCgroups()

  /// `crun --root ... VERB [OPTIONS] [ID]`
  std::vector<std::string> command(llvm::ArrayRef<std::string> words) const;
  /// Starts the runtime with that, and with what `spawn` gives it. Faults: Io.
  llvm::Expected<pid_t> start(Spawn& spawn, llvm::ArrayRef<std::string> words) const;
};

bool isCrun(const OciRuntime& runtime);

/// What must be so before the runtime is called. The caller is in a mount namespace of its own.
[[nodiscard]] llvm::Error prepareHostFor(const OciRuntime& runtime);

/// The last error that the runtime logged; empty: none.
std::string loggedError(const std::string& log);
/// What those words mean. Faults: NotFound, Denied for the program `argv0` of the container, else Unavailable.
llvm::Error runtimeFault(const OciRuntime& runtime, const std::string& argv0, llvm::StringRef message);

/// Runs the runtime to its end, for verbs that print nothing (kill, pause, delete). Faults: Unavailable in its words.
[[nodiscard]] llvm::Error callRuntime(const OciContainer& container, llvm::ArrayRef<std::string> words);

/// Ends what is left of the container and makes the runtime forget it; the runtime's files may stay where somebody else
/// removes them. Absent is success.
enum class Files { Go, Stay };
void forgetContainer(const OciContainer& container, const std::string& cgroupPath, Files files = Files::Go);

}  // namespace strata::runtime
