#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string envOf(llvm::StringRef line, llvm::StringRef name) {
  return configOf(("FROM base\n" + line + "\n").str()).findEnv(name).value_or("(none)").str();
}

TEST(Env, ENV_1_TheFirstWordTellsTheForm) {
  EXPECT_EQ(envOf("ENV a=b c=d", "c"), "d");
  EXPECT_EQ(envOf("ENV a b c=d", "a"), "b c=d");
}

TEST(Env, ENV_2_EveryWordHasAnEqualsSignAndAKey) {
  EXPECT_THAT(readMessage("FROM base\nENV a=b c\n"), HasSubstr("can't find = in"));
  EXPECT_THAT(readMessage("FROM base\nENV =b\n"), HasSubstr("names can not be blank"));
  EXPECT_EQ(envOf("ENV a=b=c", "a"), "b=c");
}

TEST(Env, ENV_3_TheLegacyFormTakesTheRestOfTheLine) {
  EXPECT_EQ(envOf("ENV ONE TWO= THREE=world", "ONE"), "TWO= THREE=world");
  EXPECT_EQ(envOf("ENV a    b \\\n  c", "a"), "b   c");
  EXPECT_THAT(readMessage("FROM base\nENV a\n"), HasSubstr("must have two arguments"));
}

TEST(Env, ENV_4_KeysAndValuesAreExpandedAndUnquoted) {
  layerfs::ImageConfig config = configOf("FROM base\nENV k=name v=1\nENV $k=$v a=Rex\\ Dog b=\"x y\" c='$v'\n");
  EXPECT_EQ(config.findEnv("name"), "1");
  EXPECT_EQ(config.findEnv("a"), "Rex Dog");
  EXPECT_EQ(config.findEnv("b"), "x y");
  EXPECT_EQ(config.findEnv("c"), "$v");
  EXPECT_EQ(configOf("FROM base\nENV a=1\nENV a=2 b=$a\n").findEnv("b"), "1") << "with what was before the instruction";
}

TEST(Env, ENV_5_ASetKeyKeepsItsPlace) {
  EXPECT_THAT(configOf("FROM base\nENV a=1\nENV b=2\nENV FROM_BASE=2 a=3 c=4\n").env,
              ElementsAre("PATH=/bin", "FROM_BASE=2", "a=3", "b=2", "c=4"));
}

TEST(Env, ENV_6_AnEmptyValueIsAValue) { EXPECT_EQ(envOf("ENV FROM_BASE=", "FROM_BASE"), ""); }

TEST(Env, ENV_7_ValuesStayInTheImageAndInChildStages) {
  Plan plan = Planned("FROM base AS a\nENV V=1\nFROM a\nRUN x\n").mustPlan();
  EXPECT_EQ(plan.results[0].config.findEnv("V"), "1");
  EXPECT_EQ(valueAtRun(plan, "V"), "1");
}

TEST(Env, ENV_8_PercentSignsAreLiteral) { EXPECT_EQ(envOf("ENV a foo%sbar %d", "a"), "foo%sbar %d"); }

TEST(Env, ENV_9_WithoutAPathThereIsTheDefaultOne) {
  Planned without("FROM base\nRUN x\n");
  without.base.env = {"A=1"};
  Plan plan = without.mustPlan();
  EXPECT_EQ(plan.results[0].config.findEnv("PATH"), kPath);
  EXPECT_EQ(valueAtRun(plan, "PATH"), kPath);
  EXPECT_EQ(configOf("FROM base\n").findEnv("PATH"), "/bin") << "the base has one";
  Planned windows("FROM win\n");
  windows.images["win"] = windows.base;
  windows.images["win"].env.clear();
  windows.images["win"].platform.os = "windows";
  EXPECT_FALSE(windows.config().findEnv("PATH"));
}

}  // namespace
}  // namespace strata::builder
