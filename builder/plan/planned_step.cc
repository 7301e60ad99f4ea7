#include "builder/plan/planned_step.h"

namespace strata::builder {

BuildStep plannedStep(const Vertex& vertex, llvm::StringRef file) {
  BuildStep step;
  step.index = vertex.step.value_or(0);
  step.stage = vertex.stage;
  step.ordinal = vertex.ordinal;
  step.instruction = vertex.instruction;
  step.name = vertex.name;
  step.firstLine = vertex.range.firstLine();
  step.lastLine = vertex.range.lastLine();
  step.components = componentsOf(vertex, file);
  return step;
}

}  // namespace strata::builder
