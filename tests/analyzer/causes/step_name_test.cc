#include "analyzer/causes/step_name.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using builder::Build;
using builder::BuildStep;
using ::testing::ElementsAre;

BuildStep step(uint32_t index, llvm::StringRef stage, uint32_t ordinal, llvm::StringRef text, uint32_t line) {
  BuildStep made;
  made.index = index;
  made.stage = stage.str();
  made.ordinal = ordinal;
  made.name = ("[" + stage + " " + llvm::Twine(ordinal) + "/3] " + text).str();
  made.firstLine = line;
  made.lastLine = line + 1;
  return made;
}

class StepNameTest : public ::testing::Test {
protected:
  StepNameTest() {
    build_.id = "0123456789ab";
    build_.dockerfile = "docker/Dockerfile";
    build_.steps = {step(0, "build", 1, "FROM base", 1), step(1, "build", 2, "RUN make", 3),
                    step(2, "build", 3, "RUN make install", 5), step(3, "final", 1, "FROM base", 8)};
  }
  std::vector<size_t> find(llvm::StringRef name) { return testing::must(findSteps(build_, name)); }
  Build build_;
};

TEST_F(StepNameTest, ANumberCountsFromOneAsTablesDo) { EXPECT_THAT(find("2"), ElementsAre(1)); }

TEST_F(StepNameTest, AStageAndItsNumberAreThoseOfTheProgress) {
  EXPECT_THAT(find("build:3"), ElementsAre(2));
  EXPECT_THAT(find("Final:1"), ElementsAre(3));
  EXPECT_THAT(find("2/3"), ElementsAre(1));
}

TEST_F(StepNameTest, ALineOfTheDockerfileIsAllStepsThere) {
  EXPECT_THAT(find("Dockerfile:4"), ElementsAre(1));
  EXPECT_THAT(find("docker/Dockerfile:3"), ElementsAre(1));
  EXPECT_THAT(find(":6"), ElementsAre(2));
}

TEST_F(StepNameTest, ATextIsTheWholeLineBeforeItIsABeginning) {
  EXPECT_THAT(find("run make"), ElementsAre(1));
  EXPECT_THAT(find("RUN"), ElementsAre(1, 2));
  EXPECT_THAT(find("FROM base"), ElementsAre(0, 3));
}

TEST_F(StepNameTest, WhatIsNotThereIsAFault) {
  for (const char* name : {"0", "5", "99999999999", "build:9", ":2000", "COPY", "", "other:1"})
    EXPECT_FAULT(findSteps(build_, name), FaultKind::NotFound);
}

}  // namespace
}  // namespace strata::analyzer
