#include "analyzer/secrets/hidden_values.h"

#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Kind = builder::KeyComponent::Kind;

constexpr llvm::StringLiteral kSecret = "k8Jx02hQpaZw71";

builder::Build buildWith(llvm::StringRef token) {
  builder::Build build;
  build.error = ("RUN login " + token + " failed").str();
  build.title = ("with TOKEN=" + token).str();
  build.warnings.push_back({.message = ("TOKEN=" + token).str()});
  builder::BuildStep step;
  step.name = ("[2/2] RUN login " + token).str();
  step.components = {{.kind = Kind::Instruction, .value = ("/bin/sh -c login " + token + " --now").str()},
                     {.kind = Kind::Arg, .name = "TOKEN", .value = token.str(), .where = "--build-arg"},
                     {.kind = Kind::Env, .name = "MODE", .value = "fast"}};
  build.steps.push_back(std::move(step));
  return build;
}

TEST(HiddenValues, AMarkTellsAChangeFromNone) {
  HiddenValues marks(Hiding::Marks);
  std::string mark = marks.applyToValue("TOKEN", kSecret);
  EXPECT_THAT(mark, MatchesRegex("\\*\\*\\*#[0-9a-f]+"));
  EXPECT_EQ(mark.size(), 10u);
  EXPECT_EQ(marks.applyToValue("PASSWORD", kSecret), mark);
  EXPECT_NE(marks.applyToValue("TOKEN", "k8Jx02hQpaZw72"), mark);
  EXPECT_EQ(marks.applyToValue("MODE", "fast"), "fast");
}

TEST(HiddenValues, MarksStayMarksAndAreStarsForPeople) {
  HiddenValues marks(Hiding::Marks), stars;
  std::string mark = marks.applyToValue("TOKEN", kSecret), text = "ENV TOKEN=" + mark + " MODE=fast";
  EXPECT_EQ(marks.applyToValue("TOKEN", mark), mark);
  EXPECT_EQ(marks.apply(text), text);
  EXPECT_EQ(stars.applyToValue("TOKEN", mark), "***");
  EXPECT_EQ(stars.apply(text), "ENV TOKEN=*** MODE=fast");
  EXPECT_EQ(stars.apply("***#oneword and ***"), "***#oneword and ***");
}

TEST(HiddenValues, NothingOfABuildGivesASecretAway) {
  builder::Build marked = withMarks(buildWith(kSecret));
  EXPECT_THAT(printJson(toJson(marked)), Not(HasSubstr(kSecret.str())));
  EXPECT_EQ(marked.steps[0].components[2].value, "fast");
  EXPECT_THAT(marked.steps[0].name, MatchesRegex("\\[2/2\\] RUN login \\*\\*\\*#[0-9a-f]+"));
}

TEST(HiddenValues, ABuildWithMarksStaysAsItIs) {
  builder::Build once = withMarks(buildWith(kSecret)), twice = withMarks(once);
  EXPECT_EQ(printJson(toJson(twice)), printJson(toJson(once)));
}

TEST(HiddenValues, ATokenIsMarkedByItsShape) {
  builder::Build build;
  builder::BuildStep step;
  std::string token = "https://ada:s3cr3tPassphrase@git.corp.net/x";
  step.components = {{.kind = Kind::Instruction, .value = "/bin/sh -c git clone " + token}};
  build.steps.push_back(std::move(step));
  EXPECT_THAT(withMarks(build).steps[0].components[0].value,
              MatchesRegex(".*https://ada:\\*\\*\\*#[0-9a-f]+@git.corp.net/x"));
}

}  // namespace
}  // namespace strata::analyzer
