#include "registry/transport/challenge.h"

#include "tests/support/testing.h"

namespace strata::registry {
namespace {
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(Challenge, NamesSchemeAndParameters) {
  auto challenges = parseChallenges(
      R"(Bearer realm="https://auth.example/token",service="a \"b\" c",scope="repository:x:pull,push")");
  ASSERT_EQ(challenges.size(), 1u);
  EXPECT_EQ(challenges[0].scheme, "bearer");
  EXPECT_THAT(challenges[0].parameters,
              UnorderedElementsAre(Pair("realm", "https://auth.example/token"), Pair("service", "a \"b\" c"),
                                   Pair("scope", "repository:x:pull,push")));
}

TEST(Challenge, SeveralMayStandInOneHeader) {
  auto challenges = parseChallenges(R"(Negotiate, Basic Realm = "here", Bearer realm=there)");
  ASSERT_EQ(challenges.size(), 3u);
  EXPECT_EQ(challenges[0].scheme, "negotiate");
  EXPECT_EQ(challenges[1].parameters["realm"], "here");
  EXPECT_EQ(challenges[2].parameters["realm"], "there");
}

TEST(Challenge, NonsenseGivesNothingAndEnds) {
  EXPECT_TRUE(parseChallenges("").empty());
  EXPECT_TRUE(parseChallenges("=\"").empty());
  EXPECT_TRUE(parseChallenges("realm=\"x").empty());
  EXPECT_EQ(parseChallenges("Basic realm=\"unterminated").size(), 1u);
}
}  // namespace
}  // namespace strata::registry
