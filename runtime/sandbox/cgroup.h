#pragma once
/// \file A control group for one sandboxed container: made for it with its limits, removed after it. Both hierarchies
/// are used as the host mounts them. Source: Linux, admin-guide/cgroup-v2.rst and admin-guide/cgroup-v1.

#include "runtime/spec/container_spec.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

class Cgroup {
public:
  /// Without limits: nothing is made. Faults: Unsupported where the host's cgroups cannot hold to a limit, saying
  /// which; Invalid for a limit that the kernel refuses; Denied; Io.
  static llvm::Expected<Cgroup> make(const ResourceLimits& limits);
  Cgroup(Cgroup&&) = default;
  Cgroup& operator=(Cgroup&&) = delete;
  ~Cgroup();  ///< removes what was made; every process in it must be gone

  /// cgroup.procs of each hierarchy: a process that writes "0" there joins.
  std::vector<UniqueFd> takeEntrances() { return std::move(entrances_); }

private:
  Cgroup() = default;
  static llvm::Expected<Cgroup> tryMake(const ResourceLimits& limits);
  std::vector<UniqueFd> entrances_;
  std::vector<std::string> made_;  ///< by this process: directories, outer ones first
};

}  // namespace strata::runtime
