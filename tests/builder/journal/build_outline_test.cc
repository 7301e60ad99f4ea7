#include "builder/journal/build_outline.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;
using ::testing::SizeIs;

Build makeBuild(const std::string& id) {
  Build build;
  build.id = id;
  build.context = "/app";
  build.dockerfile = "Dockerfile";
  build.steps.push_back({.stage = "one \"quoted\"\n", .instruction = "run", .name = "[1/2] RUN echo '\t'"});
  build.steps.push_back({.index = 1, .stage = "two", .instruction = "copy", .outcome = BuildStep::Outcome::Skipped});
  for (BuildStep& step : build.steps) step.components = {{.value = "a part"}};
  return build;
}

TEST(BuildOutline, IsReadAsItWasWritten) {
  BuildOutline outline = outlineOf(makeBuild("000000000001"));
  EXPECT_EQ(decodeOutline(encodeOutline(outline)), outline);
  EXPECT_TRUE(outline[0].hasKey);
  EXPECT_FALSE(outline[1].hasKey);
  EXPECT_EQ(decodeOutline(encodeOutline({})), BuildOutline());
}

TEST(BuildOutline, WhatIsNoneGivesNothing) {
  for (llvm::StringRef text : {"", "{}", "[7]", "[[]]", R"([["a","b","c"]])", R"([["a","b","c",1]])", R"([["a")"})
    EXPECT_FALSE(decodeOutline(text)) << text.str();
}

class EarlierOutlinesTest : public ::testing::Test {
protected:
  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/strata.db"));
  std::unique_ptr<Journal> journal_ = must(Journal::open(*database_));
};

TEST_F(EarlierOutlinesTest, AreThoseOfTheEarlierBuilds) {
  for (const char* id : {"000000000001", "000000000002", "000000000003"}) must(journal_->write(makeBuild(id)));
  Build received = makeBuild("000000000004");
  received.origin = "registry";
  must(journal_->writeImported(received, received.project()));
  auto all = must(journal_->earlierOutlines(makeBuild("000000000005"), 10));
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_EQ(all[0].id, "000000000004");
  EXPECT_EQ(all[0].origin, "registry");
  EXPECT_EQ(all[1].origin, "");
  EXPECT_EQ(all[3].outline, outlineOf(makeBuild("")));
  auto some = must(journal_->earlierOutlines(makeBuild("000000000003"), 1, 1));
  ASSERT_THAT(some, SizeIs(1));
  EXPECT_EQ(some[0].id, "000000000001");
}

TEST_F(EarlierOutlinesTest, AreMadeOfTheStepsWhereNoneWasWritten) {
  must(journal_->write(makeBuild("000000000001")));
  must(journal_->write(makeBuild("000000000002")));
  must(database_->execute("UPDATE builds SET outline = NULL WHERE id = '000000000001'"));
  must(database_->execute("UPDATE builds SET outline = 'damaged' WHERE id = '000000000002'"));
  for (const EarlierBuild& build : must(journal_->earlierOutlines(makeBuild("000000000003"), 10)))
    EXPECT_EQ(build.outline, outlineOf(makeBuild(""))) << build.id;
}

}  // namespace
}  // namespace strata::builder
