#include "builder/lint/check_stage.h"
#include "builder/plan/joined.h"
#include "builder/plan/planner.h"

namespace strata::builder {

llvm::Error Planner::applyWorkdir(const WorkdirInstruction& workdir, const Instruction& at, Place& place,
                                  StageState& state) {
  auto path = expand(workdir.path, state, at, place);
  if (!path) return path.takeError();
  if (LintReport* lint = lintAt(place); lint && !state.workdirSet) checkFirstWorkdir(at, *path, *lint);
  state.workdirSet = true;
  state.config.workingDir = state.absolute(*path);
  std::string history = joined({"WORKDIR ", state.config.workingDir});
  if (state.config.workingDir == "/") {  // WORKDIR-4: nothing to make
    ++place.next;
    addHistory(state, std::move(history));
    return llvm::Error::success();
  }
  MkdirOp op{.path = state.config.workingDir, .user = state.config.user};
  VertexId vertex = addVertex(std::move(op), state.files, place, at, state);
  state.files = vertex;
  addHistory(state, std::move(history), vertex);
  return llvm::Error::success();
}

}  // namespace strata::builder
