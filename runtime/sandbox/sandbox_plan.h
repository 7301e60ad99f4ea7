#pragma once
/// \file From a ContainerSpec to a SandboxPlan: what is mounted where, in which order, and what must be prepared for
/// it.

#include "layerfs/snapshot.h"
#include "runtime/sandbox/sandbox_child.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/mount_points.h"

#include <llvm/Support/Error.h>

#include <memory>

namespace strata::runtime {

struct PreparedSandbox {
  SandboxPlan plan;
  std::vector<std::string> env;  ///< what plan.env points into
  std::vector<std::string> argv;
  MountPoints mountPoints;  ///< removed when this goes
};

/// Everything but the pipes. Faults: NotFound for a missing mount source; Unsupported; Io.
llvm::Expected<std::unique_ptr<PreparedSandbox>> prepareSandbox(const ContainerSpec& spec, layerfs::Snapshot& snapshot);

}  // namespace strata::runtime
