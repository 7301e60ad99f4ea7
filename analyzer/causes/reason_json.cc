/// \file The reasons of invalidation.h as JSON.

#include "analyzer/causes/invalidation.h"
#include "analyzer/causes/step_match.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

llvm::json::Value toJson(const StepReason& reason, const builder::Build& build) {
  llvm::json::Array causes;
  for (const Cause& cause : reason.causes) causes.push_back(toJson(cause));
  llvm::json::Object object{{"step", reason.step},
                            {"hit", reason.hit},
                            {"nanoseconds", reason.cost},
                            {"summary", llvm::json::fixUTF8(summaryOf(reason, build))},
                            {"causes", std::move(causes)}};
  auto step = llvm::find_if(build.steps, [&](auto& one) { return one.index == reason.step; });
  if (step != build.steps.end()) {
    object["name"] = llvm::json::fixUTF8(step->name);
    object["outcome"] = nameOf(step->outcome);
    if (step->firstLine != 0) object["line"] = step->firstLine;
  }
  if (!reason.comparedWith.empty()) object["comparedWith"] = reason.comparedWith;
  if (reason.neverHere) object["neverHere"] = true;
  if (!reason.comparedCache.empty()) object["comparedCache"] = llvm::json::fixUTF8(reason.comparedCache);
  if (reason.unchanged) {
    object["unchanged"] = true;
    object["savedSteps"] = reason.savedSteps;
    object["savedNanoseconds"] = reason.saved;
  }
  llvm::json::Array output;
  for (const builder::TreeChange& change : reason.outputChanges) output.push_back(toJson(change));
  if (!output.empty()) object["outputChanges"] = std::move(output);
  return object;
}

}  // namespace strata::analyzer
