#include "analyzer/causes/step_name.h"

#include "analyzer/causes/step_match.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/STLFunctionalExtras.h>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;
using Positions = std::vector<size_t>;

Positions positionsWhere(const Build& build, llvm::function_ref<bool(const BuildStep&)> holds) {
  Positions positions;
  for (size_t i = 0; i < build.steps.size(); ++i)
    if (holds(build.steps[i])) positions.push_back(i);
  return positions;
}

/// The name of the Dockerfile, or nothing.
bool namesFile(const Build& build, llvm::StringRef name) {
  llvm::StringRef file = build.dockerfile;
  return name.empty() || name == file || name == file.rsplit('/').second;
}

Positions atPlace(const Build& build, llvm::StringRef place, unsigned number) {
  Positions found = positionsWhere(
      build, [&](const BuildStep& step) { return place.equals_insensitive(step.stage) && step.ordinal == number; });
  if (!found.empty() || !namesFile(build, place)) return found;
  return positionsWhere(build, [&](const BuildStep& step) {
    return step.firstLine != 0 && step.firstLine <= number && number <= step.lastLine;
  });
}

Positions byText(const Build& build, llvm::StringRef text) {
  Positions same = positionsWhere(build, [&](auto& step) { return textOf(step).equals_insensitive(text); });
  if (!same.empty()) return same;
  return positionsWhere(build, [&](auto& step) { return textOf(step).starts_with_insensitive(text); });
}

}  // namespace

llvm::Expected<Positions> findSteps(const Build& build, llvm::StringRef name) {
  Positions found;
  unsigned number = 0;
  auto [place, last] = name.rsplit(':');
  auto [ordinal, count] = name.split('/');
  if (!name.getAsInteger(10, number)) {
    if (number >= 1 && number <= build.steps.size()) found.push_back(number - 1);
  } else if (name.contains(':') && !last.getAsInteger(10, number)) {
    found = atPlace(build, place, number);
  } else if (unsigned of = 0; !ordinal.getAsInteger(10, number) && !count.getAsInteger(10, of)) {
    found = positionsWhere(build, [&](const BuildStep& step) { return step.ordinal == number; });
  } else if (!name.empty()) {
    found = byText(build, name);
  }
  if (!found.empty()) return found;
  return fault(FaultKind::NotFound, "no step " + name + " in build " + build.id + ", which has " +
                                        llvm::Twine(build.steps.size()) +
                                        "; name one as 4, build:2, Dockerfile:12 or by its text");
}

}  // namespace strata::analyzer
