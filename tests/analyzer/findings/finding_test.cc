#include "analyzer/findings/finding.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

TEST(Finding, APlaceIsTextOfWhatIsKnown) {
  EXPECT_EQ(placeText({}), "");
  FindingPlace place{.layer = 2, .instruction = "COPY . /app", .dockerfile = "Dockerfile", .line = 5};
  EXPECT_EQ(placeText(place), "layer 3, COPY . /app (Dockerfile:5)");
  place.path = "app/key";
  place.offset = 17;
  EXPECT_EQ(placeText(place), "layer 3, COPY . /app (Dockerfile:5), /app/key at byte 17");
  place.fileLine = 2;
  EXPECT_EQ(placeText(place), "layer 3, COPY . /app (Dockerfile:5), /app/key:2");
  EXPECT_EQ(placeText({.element = "ENV TOKEN"}), "ENV TOKEN");
}

TEST(Finding, APlaceIsSafeToShow) {
  EXPECT_EQ(placeText({.path = "a\x1b[31mb"}), "/a\\x1b[31mb");
  std::string text = placeText({.layer = 0, .instruction = std::string(500, 'x')});
  EXPECT_LT(text.size(), 100u);
}

TEST(Finding, TheWeightiestComesFirst) {
  std::vector<Finding> findings(4);
  findings[0] = {.rule = "a", .level = FindingLevel::Note, .bytes = 1000};
  findings[1] = {.rule = "b", .level = FindingLevel::Warning, .bytes = 10};
  findings[2] = {.rule = "c", .level = FindingLevel::Warning, .bytes = 20};
  findings[3] = {.rule = "d", .level = FindingLevel::Error};
  sortByWeight(findings);
  std::string order;
  for (const Finding& finding : findings) order += finding.rule;
  EXPECT_EQ(order, "dcba");
  EXPECT_EQ(countOf(findings, FindingLevel::Warning), 2u);
}

}  // namespace
}  // namespace strata::analyzer
