#pragma once
/// \file Running a container in the foreground through an OCI runtime program (crun, runc or any other), on hosts as
/// they are: with hybrid cgroups, where crun refuses to start, it runs in a private mount namespace without
/// /sys/fs/cgroup/unified; where limits may not be raised, none are asked for.

#include "layerfs/snapshot.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/exit_status.h"
#include "support/cancel.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

struct OciRuntime {
  std::string name;  ///< "crun"
  std::string path;
};
/// `wanted` (a name or a path), or the first of crun, runc that is installed and starts here.
/// Faults: NotFound saying which packages to install.
llvm::Expected<OciRuntime> findOciRuntime(llvm::StringRef wanted);
std::vector<OciRuntime> installedOciRuntimes();

struct ForegroundOptions {
  std::string id;          ///< container id, unique
  std::string bundleRoot;  ///< a directory of ours for the bundle, removed afterwards
  bool interactive = false;
  bool terminal = false;  ///< our standard streams are a terminal: raw mode, size changes passed on
};

/// Runs to the end with our standard streams; signals that we get (INT, TERM, HUP, QUIT, USR1, USR2, WINCH) are passed
/// on. The caller is in a mount namespace of its own (see enterPrivateMounts). Nothing is left mounted or running.
/// Faults: NotFound (program missing in the image: exit 127), Denied (not executable: 126), Unavailable (the runtime
/// failed).
llvm::Expected<ExitStatus> runForeground(const OciRuntime& runtime, const ContainerSpec& spec,
                                         layerfs::Snapshot& snapshot, const ForegroundOptions& options);

/// Gives this process, before it has threads, a mount namespace of its own in which nothing propagates outwards.
[[nodiscard]] llvm::Error enterPrivateMounts();

}  // namespace strata::runtime
