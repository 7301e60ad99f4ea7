#include "analyzer/advice/installation.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;

TEST(Installation, IsKnownOfCommandsThatReadTheirManifestsAlone) {
  auto npm = installationOf({"npm", "ci", "--no-audit"});
  ASSERT_TRUE(npm);
  EXPECT_THAT(npm->required, ElementsAre("package.json"));
  EXPECT_EQ(npm->output, "node_modules");
  EXPECT_TRUE(npm->isSelfContained(R"({"scripts": {"test": "true"}})"));
  EXPECT_FALSE(npm->isSelfContained(R"({"scripts": {"prepare": "true"}})"));
  EXPECT_FALSE(npm->isSelfContained(R"({"dependencies": {"a": "file:../a"}})"));
  EXPECT_FALSE(npm->isSelfContained("no JSON"));
  auto pip = installationOf({"pip", "install", "--no-cache-dir", "-r", "requirements.txt"});
  ASSERT_TRUE(pip);
  EXPECT_THAT(pip->required, ElementsAre("requirements.txt"));
  EXPECT_TRUE(pip->isSelfContained("# -r other\nflask==1 --hash=x\n"));
  EXPECT_FALSE(pip->isSelfContained("-r other.txt\n"));
  EXPECT_TRUE(installationOf({"go", "mod", "download"}));
}

TEST(Installation, IsNotKnownOfOthers) {
  for (SimpleCommand command : {SimpleCommand{"npm", "install", "left-pad"}, SimpleCommand{"npm", "run", "build"},
                                SimpleCommand{"npm", "ci", "--prefix=/web"}, SimpleCommand{"pip", "install", "."},
                                SimpleCommand{"pip", "install", "-r", "sub/requirements.txt"},
                                SimpleCommand{"go", "build"}, SimpleCommand{"make"}})
    EXPECT_FALSE(installationOf(command)) << command.front();
}

TEST(Installation, WhatAsksUnseenIsTold) {
  for (const char* text :
       {"[ -e a ] && b", "if test -f a; then b; fi", "make all", "a && sh ./install", "find . -newer a"})
    EXPECT_TRUE(asksUnseen(text)) << text;
  EXPECT_FALSE(asksUnseen("mkdir out && cat package.json >out/made && sleep 2"));
}

}  // namespace
}  // namespace strata::analyzer
