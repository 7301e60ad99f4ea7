#include "analyzer/bench/moved_base.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using testing::must;

TEST(MovedBaseTest, ANameThatMeansOneImageAloneCanMove) {
  std::vector<BenchBase> bases{{.name = "plain", .platform = "linux/amd64"},
                               {.name = "both", .platform = "linux/amd64"},
                               {.name = "both", .platform = "linux/arm64"},
                               {.name = "pinned@sha256:00", .platform = "linux/amd64"},
                               {.name = "triggers", .platform = "linux/amd64", .hasTriggers = true}};
  EXPECT_THAT(movableBases(bases), ElementsAre(Field(&BenchBase::name, "plain")));
}

TEST(MovedBaseTest, EveryRoundMakesAnotherImage) {
  TempDir directory = testing::makeTempDir();
  std::string context = must(writeMovedBase(directory.path(), "original", 1));
  EXPECT_EQ(must(readFile(context + "/Dockerfile")), "FROM original\nCOPY stamp /.strata-bench\n");
  std::string first = must(readFile(context + "/stamp"));
  EXPECT_EQ(must(writeMovedBase(directory.path(), "original", 2)), context);
  EXPECT_NE(must(readFile(context + "/stamp")), first);
}

}  // namespace
}  // namespace strata::analyzer
