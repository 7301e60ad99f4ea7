#pragma once
/// \file The beginning of a container's run, from the command's side. What takes longest needs no more than the
/// container's id: it goes on while a command reads the image and makes the row.

#include "runtime/oci/cgroup_moves.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::runtime {

/// How this program is started again as a supervisor: the words before the hidden command ("--root", ...).
struct SupervisorProgram {
  std::vector<std::string> globals;
};

/// A supervisor that waits for its container. It goes quietly if nobody calls finish().
class ContainerStart {
public:
  /// Faults: Io.
  static llvm::Expected<ContainerStart> begin(const SupervisorProgram& program, const std::string& id);

  /// Gives it the container, which exists now. `lock`: of its directory, held; `client`: the supervisor's end of a
  /// socket pair, which misses no output, or nothing. Returns when the process runs. Faults: ContainerRun::start()'s.
  [[nodiscard]] llvm::Error finish(int lock, UniqueFd client);

private:
  std::unique_ptr<CgroupMoveAhead> moveAhead_;
  UniqueFd socket_;  ///< to the supervisor: one message of SupervisorTask
};

}  // namespace strata::runtime
