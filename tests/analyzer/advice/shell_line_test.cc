#include "analyzer/advice/shell_line.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;

builder::BuildStep runStep(const std::string& line, const std::string& argv) {
  builder::BuildStep step;
  step.instruction = "run";
  step.name = "[2/2] RUN " + line;
  step.components.push_back({.kind = builder::KeyComponent::Kind::Instruction, .value = argv});
  return step;
}

TEST(ShellLine, IsTakenOfAPlainRunAlone) {
  EXPECT_EQ(shellTextOf(runStep("make  all", "/bin/sh -c make  all")), "make  all");
  EXPECT_EQ(shellTextOf(runStep("--mount=type=cache,target=/c make", "/bin/sh -c make")), "make");
  EXPECT_EQ(shellTextOf(runStep("[\"/bin/sh\", \"-c\", \"make\"]", "/bin/sh -c make")), std::nullopt);
  EXPECT_EQ(shellTextOf(runStep("<<E", "/bin/sh -c make\n")), std::nullopt);
  EXPECT_EQ(shellTextOf(runStep("make", "powershell -Command make")), std::nullopt);
  EXPECT_THAT(runFlagsOf(runStep("--mount=type=tmpfs,target=/t --network=none make --all", "")),
              ElementsAre("--mount=type=tmpfs,target=/t", "--network=none"));
}

TEST(ShellLine, UnderstandsPlainListsAndNothingElse) {
  EXPECT_THAT(simpleCommands("set -ex;  a b &&  c"),
              ::testing::Optional(ElementsAre(ElementsAre("set", "-ex"), ElementsAre("a", "b"), ElementsAre("c"))));
  for (const char* text :
       {"a | b", "a || b", "a &", "a > b", "a $b", "a 'b'", "a `b`", "A=1 b", "a *", "(a)", "", "a && && b"})
    EXPECT_EQ(simpleCommands(text), std::nullopt) << text;
}

TEST(ShellLine, IsJoinedInBracketsWhereSomethingWouldReachOver) {
  auto joined = [](llvm::StringRef first, llvm::StringRef second) {
    auto how = joinShell(first, second);
    return how ? std::string(how->bracketsFirst ? "(a)" : "a") + (how->bracketsSecond ? "(b)" : "b") : "no";
  };
  EXPECT_EQ(joined("a", "b && c"), "ab");
  EXPECT_EQ(joined("cd /x && a", "b"), "(a)b") << "the second began elsewhere";
  EXPECT_EQ(joined("X=1 && a", "b"), "(a)b");
  EXPECT_EQ(joined("umask 77; a", "b"), "(a)b");
  EXPECT_EQ(joined("a", "b || true"), "a(b)") << "a failure of the first would be forgiven";
  EXPECT_EQ(joined("a", "b; c"), "a(b)");
  EXPECT_EQ(joined("a # why", "b"), "no") << "a comment swallows what comes after";
  EXPECT_EQ(joined("a &", "b"), "no");
}

}  // namespace
}  // namespace strata::analyzer
