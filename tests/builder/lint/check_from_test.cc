#include "builder/lint/check_from.h"

#include "tests/builder/lint/lint_fixture.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CheckFroms, LINT_18_ERR_6_NamesMustBeDeclaredBeforeTheFirstFrom) {
  EXPECT_THAT(
      Linted()("ARG VERSION=1\nFROM a:${VERSON:-2}\n", true),
      ElementsAre("UndefinedArgInFrom: FROM argument 'VERSON' is not declared (did you mean VERSION?) (line 2)"));
  EXPECT_THAT(Linted()("ARG V\nFROM a${V}\nFROM --platform=$BUILDPLATFORM a$TARGETVARIANT\n"), IsEmpty());
  EXPECT_THAT(Linted()("FROM --platform=${BUILDPLATFOR:-linux/amd64} a\n", true),
              ElementsAre("UndefinedArgInFrom: FROM argument 'BUILDPLATFOR' is not declared (did you mean "
                          "BUILDPLATFORM?) (line 1)"));
  EXPECT_THAT(Linted()("FROM a\nARG V=1\nFROM a${V}\n"), ElementsAre("UndefinedArgInFrom 3"));
}
TEST(CheckFroms, LINT_24_TheTargetPlatformIsTheDefault) {
  EXPECT_THAT(Linted()("FROM --platform=$TARGETPLATFORM a\nFROM --platform=${TARGETPLATFORM} a\n"),
              ElementsAre("RedundantTargetPlatform 1", "RedundantTargetPlatform 2"));
  EXPECT_THAT(Linted()("FROM --platform=$BUILDPLATFORM a\nFROM --platform=$TARGETOS/$TARGETARCH a\n"), IsEmpty());
}
TEST(CheckFroms, LINT_26_DefaultsAloneMakeAnImage) {
  Linted lint;
  lint.options.buildArgs = {{"TAG", "1"}, {"BASE", "b"}};
  EXPECT_THAT(lint("ARG TAG\nARG BASE\nFROM a:${TAG}\nFROM $BASE\n", true),
              ElementsAre("InvalidDefaultArgInFrom: Default value for ARG a:${TAG} results in empty or invalid base "
                          "image name (line 3)",
                          "InvalidDefaultArgInFrom: Default value for ARG $BASE results in empty or invalid base image "
                          "name (line 4)"));
  EXPECT_THAT(lint("ARG TAG=1\nARG BASE=x$TAG\nFROM a:${TAG}\nFROM $BASE\nFROM a:${NONE:-1}\n"),
              ElementsAre("UndefinedArgInFrom 5"));
}
TEST(CheckFroms, LINT_27_AConstantPlatformIsNamedInTheStage) {
  EXPECT_THAT(Linted()("FROM --platform=linux/amd64 a AS b\nFROM --platform=linux/amd64 a AS b-amd64\n"
                       "FROM --platform=linux/amd64 a AS b-linux\nFROM --platform=linux/$TARGETARCH a\n"
                       "FROM --platform=\"linux/amd64\" a\n",
                       true),
              ElementsAre("FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "
                          "\"linux/amd64\" (line 1)",
                          "FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "
                          "\"linux/amd64\" (line 5)"));
}

}  // namespace
}  // namespace strata::builder
