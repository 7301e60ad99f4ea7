#include "analyzer/history/build_diff.h"

#include "builder/journal/file_tree.h"
#include "support/text.h"
#include "tests/analyzer/history/builds.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using builder::Build;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;
using ::testing::SizeIs;
using Kind = builder::KeyComponent::Kind;

class BuildDiffTest : public ::testing::Test {
protected:
  TempDir dir_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(dir_.path() + "/strata.db"));
  std::unique_ptr<builder::TreeStore> trees_ = must(builder::TreeStore::open(*database_));
};

TEST_F(BuildDiffTest, StepsAreMatchedAndTheirInputsCompared) {
  BuildWriter before, after;
  before.addHit("FROM base", {});
  before.add("RUN old", 0, 1, {0});
  before.add("RUN make", 1, 2, {1})
      .components.push_back({.kind = Kind::Arg, .name = "V", .value = "1", .where = "Dockerfile:2"});
  after.addHit("FROM base", {});
  after.add("RUN make", 0, 6, {0})
      .components.push_back({.kind = Kind::Arg, .name = "V", .value = "2", .where = "--build-arg"});
  after.add("COPY new", 6, 1, {1});
  BuildDiff diff = must(diffBuilds(before.build, after.build, *trees_));
  ASSERT_THAT(diff.steps, SizeIs(4));
  EXPECT_THAT(diff.steps[0].differences, IsEmpty());
  EXPECT_EQ(diff.steps[1].before, &before.build.steps[1]);
  EXPECT_EQ(diff.steps[1].after, nullptr);
  ASSERT_THAT(diff.steps[2].differences, SizeIs(1));
  EXPECT_EQ(diff.steps[2].differences[0].name, "V");
  EXPECT_EQ(diff.steps[3].before, nullptr);
  std::string text = printBuildDiff(diff);
  EXPECT_THAT(text, HasSubstr("2.0s -> 6.0s"));
  EXPECT_THAT(text, HasSubstr("V: 1 -> 2 (--build-arg, before: Dockerfile:2)"));
  EXPECT_THAT(text, HasSubstr("same inputs"));
  EXPECT_THAT(text, HasSubstr("RUN old"));
  EXPECT_THAT(text, HasSubstr("went"));
  EXPECT_THAT(printJson(toJson(diff)), HasSubstr("\"kind\":\"argument\""));
}

TEST_F(BuildDiffTest, ACauseIsTheOneThatWhyNames) {
  auto build = [](llvm::StringRef base, llvm::StringRef state) {
    BuildWriter writer;
    writer.addHit("FROM base", {}).components = {
        {.kind = Kind::Base, .name = "base", .value = base.str(), .where = "Dockerfile:1"}};
    writer.add("RUN make", 0, 1, {0}).components[1].value = state.str();
    writer.add("RUN strip", 1, 1, {1}).components[1].value = state.str();
    return writer.build;
  };
  Build before = build("sha256:1", "a"), after = build("sha256:2", "b");
  BuildDiff diff = must(diffBuilds(before, after, *trees_));
  ASSERT_THAT(diff.steps[1].differences, SizeIs(1));
  EXPECT_EQ(diff.steps[1].differences[0].kind, Cause::Kind::BaseMoved);
  ASSERT_THAT(diff.steps[2].differences, SizeIs(1));
  EXPECT_EQ(diff.steps[2].differences[0].kind, Cause::Kind::ParentRebuilt);
  EXPECT_EQ(diff.steps[2].differences[0].rootCause, std::optional(0u));  // and not the step straight above
}

TEST_F(BuildDiffTest, AStepThatWasNotReachedIsNotCompared) {
  BuildWriter before, after;
  before.addHit("FROM base", {});
  before.add("RUN make", 0, 0, {0}).outcome = builder::BuildStep::Outcome::Skipped;
  after.addHit("FROM base", {});
  after.add("RUN make", 0, 1, {0});
  BuildDiff diff = must(diffBuilds(before.build, after.build, *trees_));
  EXPECT_FALSE(diff.steps[1].comparable);
  EXPECT_THAT(printBuildDiff(diff), HasSubstr("not reached in one of the two"));
}

TEST_F(BuildDiffTest, ABuildAgainstNothing) {
  BuildWriter before, after;
  before.addHit("FROM base", {});
  BuildDiff diff = must(diffBuilds(before.build, after.build, *trees_));
  ASSERT_THAT(diff.steps, SizeIs(1));
  EXPECT_EQ(diff.steps[0].after, nullptr);
}

}  // namespace
}  // namespace strata::analyzer
