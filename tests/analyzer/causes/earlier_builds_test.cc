#include "analyzer/causes/earlier_builds.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using builder::Build;
using builder::BuildStep;
using strata::testing::must;

class EarlierBuildsTest : public ::testing::Test {
protected:
  static Build makeBuild(const std::string& id, std::vector<std::string> commands) {
    Build build;
    build.id = id;
    build.context = "/app";
    build.dockerfile = "Dockerfile";
    for (const std::string& command : commands) {
      BuildStep step{.index = uint32_t(build.steps.size()), .stage = "stage-0", .instruction = "run"};
      step.name = "RUN " + command;
      step.components = {{.value = id}};
      build.steps.push_back(std::move(step));
    }
    return build;
  }

  TempDir directory_ = strata::testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/strata.db"));
  std::unique_ptr<builder::Journal> journal_ = must(builder::Journal::open(*database_));
};

TEST_F(EarlierBuildsTest, GiveOfEachStepTheNewestThatHadIt) {
  must(journal_->write(makeBuild("000000000001", {"ls", "make"})));
  must(journal_->write(makeBuild("000000000002", {"ls"})));
  Build build = makeBuild("000000000003", {"ls", "make"});
  EarlierBuilds earlier(build, *journal_);
  must(earlier.gather());
  EXPECT_EQ(earlier.nearest(0).build->id, "000000000002");
  EXPECT_EQ(earlier.nearest(1).build->id, "000000000001");
  EXPECT_EQ(earlier.nearest(1).step->name, "RUN make");
}

TEST_F(EarlierBuildsTest, ReadOnlyTheBuildsThatAreComparedWith) {
  must(journal_->write(makeBuild("000000000001", {"ls"})));
  for (int i = 2; i < 9; ++i) must(journal_->write(makeBuild("00000000000" + std::to_string(i), {"ls"})));
  // One that was read would be dropped.
  must(database_->execute("UPDATE builds SET steps = 'damaged' WHERE id < '000000000008'"));
  Build build = makeBuild("00000000000a", {"ls", "nothing like it"});
  build.steps[1].instruction = "copy";
  EarlierBuilds earlier(build, *journal_);
  must(earlier.gather());
  EXPECT_EQ(earlier.nearest(0).build->id, "000000000008");
  EXPECT_EQ(earlier.nearest(1).step, nullptr);
  EXPECT_FALSE(earlier.wasHere(1));
  EXPECT_EQ(must(journal_->list(100)).size(), 8u);
}

TEST_F(EarlierBuildsTest, PassOverADamagedOne) {
  must(journal_->write(makeBuild("000000000001", {"ls"})));
  must(journal_->write(makeBuild("000000000002", {"ls"})));
  must(database_->execute("UPDATE builds SET steps = 'damaged' WHERE id = '000000000002'"));
  Build build = makeBuild("000000000003", {"ls"});
  EarlierBuilds earlier(build, *journal_);
  must(earlier.gather());
  EXPECT_EQ(earlier.nearest(0).build->id, "000000000001");
}

}  // namespace
}  // namespace strata::analyzer
