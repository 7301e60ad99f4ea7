#include "analyzer/causes/earlier_builds.h"

#include "analyzer/causes/step_match.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

namespace {
/// How far back a step is looked for: a project whose last twenty builds all lacked it has forgotten it.
constexpr size_t kMostBuilds = 20;
constexpr size_t kMostOtherTargets = 5;
}  // namespace

EarlierBuilds::EarlierBuilds(const builder::Build& build, builder::Journal& journal)
    : build_(build), journal_(journal), outline_(outlineOf(build)) {}

llvm::Error EarlierBuilds::gather() {
  for (bool areWhole = false; !areWhole;) {
    if (auto error = lookThrough()) return error;
    auto read = readNearest();
    if (!read) return read.takeError();
    areWhole = *read;
  }
  return llvm::Error::success();
}

llvm::Error EarlierBuilds::lookThrough() {
  while (!othersAreIn_ && earlier_.size() < kMostBuilds && isWanting()) {
    size_t count = earlier_.empty() ? 1 : kMostBuilds - earlier_.size();
    auto builds = journal_.earlierOutlines(build_, count, earlier_.size());
    if (!builds) return builds.takeError();
    if (builds->empty()) break;
    for (const builder::EarlierBuild& build : *builds) add(build, Target::Same);
  }
  return isWanting() ? lookThroughOtherTargets() : llvm::Error::success();
}

/// Behind all others: what another target needed as well is no new step.
llvm::Error EarlierBuilds::lookThroughOtherTargets() {
  if (othersAreIn_) return llvm::Error::success();
  othersAreIn_ = true;
  auto builds = journal_.outlinesOfOtherTargets(build_, kMostOtherTargets);
  if (!builds) return builds.takeError();
  for (const builder::EarlierBuild& build : *builds) add(build, Target::Other);
  return llvm::Error::success();
}

/// A stage that only one of two targets needs has no like in the other's build, whatever is left over there.
void EarlierBuilds::add(const builder::EarlierBuild& build, Target target) {
  Earlier earlier{build.id, build.origin.empty(), matchSteps(outline_, build.outline), std::nullopt};
  for (auto [step, match] : llvm::zip(outline_, earlier.matches)) {
    bool isOther = match && target == Target::Other && build.outline[*match].stage != step.stage;
    if (match && (isOther || !build.outline[*match].hasKey)) match.reset();
  }
  earlier_.push_back(std::move(earlier));
}

/// Whether a step that has a key was not found yet, or only in a build of another machine.
bool EarlierBuilds::isWanting() const {
  for (size_t i = 0; i < outline_.size(); ++i)
    if (outline_[i].hasKey && !wasHere(i)) return true;
  return false;
}

std::optional<size_t> EarlierBuilds::firstWith(size_t position, bool here) const {
  for (size_t i = 0; i < earlier_.size(); ++i)
    if (earlier_[i].matches[position] && (earlier_[i].here || !here)) return i;
  return std::nullopt;
}

/// False where one is damaged or was removed meanwhile: it counts as none, and another has to be looked for.
llvm::Expected<bool> EarlierBuilds::readNearest() {
  for (size_t position = 0; position < outline_.size(); ++position) {
    auto first = firstWith(position);
    if (!first) continue;
    Earlier& found = earlier_[*first];
    if (!found.build) {
      auto build = journal_.load(found.id);
      llvm::Error error = build ? llvm::Error::success() : build.takeError();
      if (takeIf(error, FaultKind::NotFound)) {
        earlier_.erase(earlier_.begin() + ptrdiff_t(*first));
        return false;
      }
      if (error) return error;
      found.build = std::move(*build);
    }
    if (*found.matches[position] < found.build->steps.size()) continue;
    found.matches[position].reset();  // the outline is not that of the steps
    return false;
  }
  return true;
}

EarlierStep EarlierBuilds::nearest(size_t position) const {
  auto first = firstWith(position);
  if (!first) return {};
  const Earlier& found = earlier_[*first];
  return {&*found.build, &found.build->steps[*found.matches[position]]};
}

}  // namespace strata::analyzer
