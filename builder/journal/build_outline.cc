#include "builder/journal/build_outline.h"

#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

// Encoded as JSON: an array of [stage, instruction, name, hasKey].

BuildOutline outlineOf(const Build& build) {
  BuildOutline outline;
  for (const BuildStep& step : build.steps) outline.push_back({step.stage, step.instruction, step.name, step.hasKey()});
  return outline;
}

std::string encodeOutline(const BuildOutline& outline) {
  llvm::json::Array steps;
  for (const StepOutline& step : outline)
    steps.push_back(llvm::json::Array{llvm::json::fixUTF8(step.stage), llvm::json::fixUTF8(step.instruction),
                                      llvm::json::fixUTF8(step.name), step.hasKey});
  return printJson(std::move(steps));
}

namespace {
std::optional<StepOutline> outlinedStep(const llvm::json::Value& value) {
  const llvm::json::Array* fields = value.getAsArray();
  if (!fields || fields->size() != 4) return std::nullopt;
  auto stage = (*fields)[0].getAsString(), instruction = (*fields)[1].getAsString(), name = (*fields)[2].getAsString();
  auto hasKey = (*fields)[3].getAsBoolean();
  if (!stage || !instruction || !name || !hasKey) return std::nullopt;
  return StepOutline{stage->str(), instruction->str(), name->str(), *hasKey};
}
}  // namespace

std::optional<BuildOutline> decodeOutline(llvm::StringRef encoded) {
  auto document = parseJson(encoded, size_t(1) << 30);
  if (!document) {
    llvm::consumeError(document.takeError());
    return std::nullopt;
  }
  const llvm::json::Array* steps = document->getAsArray();
  if (!steps) return std::nullopt;
  BuildOutline outline;
  for (const llvm::json::Value& value : *steps) {
    auto step = outlinedStep(value);
    if (!step) return std::nullopt;
    outline.push_back(std::move(*step));
  }
  return outline;
}

}  // namespace strata::builder
