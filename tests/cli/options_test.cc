#include "cli/options.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {

using strata::testing::must;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

class OptionsTest : public ::testing::Test {
protected:
  OptionsTest() {
    options_.flag("-i,--interactive", interactive_, "Keep input");
    options_.flag("-t,--tty", tty_, "A terminal");
    options_.list("-e,--env", env_, "A variable");
    options_.text("--entrypoint", entrypoint_, "The program");
    options_.text("-w,--workdir", workdir_, "Where");
    options_.optionalText("--plan", plan_, "text", "Print the plan", "form");
    options_.later("--secret", true);
    options_.ignored("--squash", false);
  }
  Words parse(const Words& words, Options::Order order = Options::Order::Mixed) {
    return must(options_.parse(words, order));
  }
  llvm::Error refuse(const Words& words) { return options_.parse(words, Options::Order::Mixed).takeError(); }

  bool interactive_ = false, tty_ = false;
  std::vector<std::string> env_;
  std::optional<std::string> entrypoint_;
  std::string workdir_, plan_;
  Options options_;
};

TEST_F(OptionsTest, OptionsAndArgumentsMayBeMixed) {
  EXPECT_THAT(parse({"a", "-it", "b", "--workdir", "/w", "c"}), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(interactive_ && tty_);
  EXPECT_EQ(workdir_, "/w");
}

TEST_F(OptionsTest, AListTakesOneValueEachTime) {
  EXPECT_THAT(parse({"-e", "A=1", "-eB=2", "--env=C=3", "x"}), ElementsAre("x"));
  EXPECT_THAT(env_, ElementsAre("A=1", "B=2", "C=3"));
}

TEST_F(OptionsTest, ValuesMayBeEmptyOrLookLikeOptions) {
  parse({"--entrypoint=", "-w", "-x", "-e", "[1,2]"});
  EXPECT_EQ(entrypoint_, std::optional<std::string>(""));
  EXPECT_EQ(workdir_, "-x");
  EXPECT_THAT(env_, ElementsAre("[1,2]"));
}

TEST_F(OptionsTest, TheLastValueCounts) {
  parse({"-w", "/a", "--workdir=/b", "--tty=false"});
  EXPECT_EQ(workdir_, "/b");
  EXPECT_FALSE(tty_);
}

TEST_F(OptionsTest, AnOptionalValueComesOnlyBehindAnEqualsSign) {
  EXPECT_THAT(parse({"--plan", "."}), ElementsAre("."));
  EXPECT_EQ(plan_, "text");
  parse({"--plan=json"});
  EXPECT_EQ(plan_, "json");
}

TEST_F(OptionsTest, WithOptionsFirstTheRestBelongsToAnotherProgram) {
  EXPECT_THAT(parse({"-t", "image", "sh", "-e", "--", "--help"}, Options::Order::OptionsFirst),
              ElementsAre("image", "sh", "-e", "--", "--help"));
  EXPECT_TRUE(tty_);
  EXPECT_FALSE(options_.wantsHelp());
  EXPECT_TRUE(env_.empty());
}

TEST_F(OptionsTest, TwoHyphensEndTheOptionsAndOneIsAnArgument) {
  EXPECT_THAT(parse({"-", "--", "-t", "--"}), ElementsAre("-", "-t", "--"));
  EXPECT_FALSE(tty_);
}

TEST_F(OptionsTest, WhatIsWrongIsNamed) {
  EXPECT_FAULT_SAYING(refuse({"--workdirr", "x"}), FaultKind::Invalid,
                      "unknown flag: --workdirr (did you mean --workdir?)");
  EXPECT_FAULT_SAYING(refuse({"-iz"}), FaultKind::Invalid, "unknown shorthand flag: 'z' in -iz");
  EXPECT_FAULT_SAYING(refuse({"--workdir"}), FaultKind::Invalid, "flag needs an argument: --workdir");
  EXPECT_FAULT(refuse({"--tty=perhaps"}), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(refuse({"--secret", "id=x"}), FaultKind::Unsupported, "not yet supported: --secret");
  EXPECT_FALSE(bool(refuse({"--squash"})));
}

TEST_F(OptionsTest, HelpListsWhatIsThereAndNotWhatIsToCome) {
  std::string help = options_.help();
  EXPECT_THAT(help, HasSubstr("  -e, --env list            A variable\n"));
  EXPECT_THAT(help, HasSubstr("      --plan[=form]         Print the plan\n"));
  EXPECT_THAT(help, ::testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace strata::cli
