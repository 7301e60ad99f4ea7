#pragma once
/// \file What a running container uses, from its control groups and its network namespace; and its processes.

#include "runtime/containers/container.h"

#include <llvm/Support/Error.h>

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <vector>

namespace strata::runtime {

/// Nothing: this host has no control group that would know.
struct ContainerUsage {
  int64_t taken = 0;                       ///< nanoseconds since 1970
  std::optional<uint64_t> cpu;             ///< nanoseconds of processor time since its start
  std::optional<uint64_t> memory;          ///< bytes, without file pages that nobody has used lately
  uint64_t memoryLimit = 0;                ///< bytes: its own limit or the host's memory
  std::optional<uint64_t> processes;       ///< and threads
  std::optional<uint64_t> read, written;   ///< bytes, of block devices
  std::optional<uint64_t> received, sent;  ///< bytes, of all its networks; none where it shares the host's
};

/// Of one that runs. Faults: Invalid for one that does not.
llvm::Expected<ContainerUsage> usageOf(const Container& container);

/// The processes of one that runs, by their numbers on the host. Faults: Invalid for one that does not run; Io.
llvm::Expected<std::vector<pid_t>> processesOf(const Container& container);

}  // namespace strata::runtime
