#pragma once
/// \file Builds written by hand: steps with times, and what they stand on.

#include "analyzer/causes/invalidation.h"
#include "builder/journal/journal.h"

#include <initializer_list>
#include <string>

namespace strata::analyzer {

inline constexpr int64_t kSecond = 1'000'000'000;

/// Adds steps to one build, from 0 on.
class BuildWriter {
public:
  BuildWriter() {
    build.id = builder::Journal::makeId();
    build.context = "/src";
    build.dockerfile = "Dockerfile";
    build.started = 1'000 * kSecond;
    build.succeeded = true;
  }

  builder::BuildStep& add(llvm::StringRef text, double began, double seconds, std::initializer_list<uint32_t> needs) {
    builder::BuildStep step;
    step.index = uint32_t(build.steps.size());
    step.ordinal = step.index + 1;
    step.stage = "stage-0";
    step.firstLine = step.lastLine = step.index + 1;
    step.instruction = llvm::StringRef(text).split(' ').first.lower();
    step.name = "[" + std::to_string(step.ordinal) + "/9] " + text.str();
    step.started = build.started + int64_t(began * kSecond);
    step.duration = int64_t(seconds * kSecond);
    step.miss = builder::BuildStep::Miss::NoRecord;
    step.components.push_back({.kind = builder::KeyComponent::Kind::Instruction, .value = text.str()});
    for (uint32_t need : needs)
      step.components.push_back({.kind = builder::KeyComponent::Kind::Parent, .value = "p", .step = need});
    build.steps.push_back(std::move(step));
    ++build.stepCount;
    return build.steps.back();
  }
  builder::BuildStep& addHit(llvm::StringRef text, std::initializer_list<uint32_t> needs) {
    builder::BuildStep& step = add(text, 0, 0, needs);
    step.outcome = builder::BuildStep::Outcome::Hit;
    step.miss = builder::BuildStep::Miss::None;
    ++build.hitCount;
    return step;
  }

  builder::Build build;
};

}  // namespace strata::analyzer
