#include "cli/event_filters.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {
using namespace strata::testing;

layerfs::Event die() {
  return {.type = "container",
          .action = "die",
          .actor = "0123456789ab",
          .attributes = {{"name", "web"}, {"image", "app:1"}, {"team", "blue"}}};
}
bool admits(std::vector<std::string> texts, const layerfs::Event& event = die()) {
  return must(EventFilters::read(texts)).admit(event);
}

TEST(EventFiltersTest, ValuesOfOneKeyAreAlternativesAndKeysAreNot) {
  EXPECT_TRUE(admits({}));
  EXPECT_TRUE(admits({"event=start", "event=die"}));
  EXPECT_FALSE(admits({"event=start"}));
  EXPECT_FALSE(admits({"event=die", "type=image"}));
  EXPECT_TRUE(admits({"type=container", "scope=local"}));
}

TEST(EventFiltersTest, AThingIsKnownByNameIdOrItsBeginning) {
  for (const char* text : {"container=web", "container=/web", "container=0123", "container=0123456789ab"})
    EXPECT_TRUE(admits({text})) << text;
  EXPECT_FALSE(admits({"container=we"}));
  EXPECT_FALSE(admits({"volume=web"}));
}

TEST(EventFiltersTest, AnImageIsKnownWithAndWithoutTag) {
  EXPECT_TRUE(admits({"image=app"}));
  EXPECT_TRUE(admits({"image=app:1"}));
  EXPECT_FALSE(admits({"image=ap"}));
  layerfs::Event pull{.type = "image", .action = "pull", .actor = "app:1", .attributes = {{"name", "app:1"}}};
  EXPECT_TRUE(admits({"image=app"}, pull));
  EXPECT_FALSE(admits({"image=other"}, pull));
}

TEST(EventFiltersTest, LabelsMustAllFit) {
  EXPECT_TRUE(admits({"label=team"}));
  EXPECT_TRUE(admits({"label=team=blue", "label=team"}));
  EXPECT_FALSE(admits({"label=team=blue", "label=other"}));
}

TEST(EventFiltersTest, AnActionWithItsCommandIsKnownByItsBeginning) {
  layerfs::Event exec = die();
  exec.action = "exec_start: ls -l";
  EXPECT_TRUE(admits({"event=exec_start"}, exec));
  EXPECT_FALSE(admits({"event=exec"}, exec));
}

TEST(EventFiltersTest, RefusesOthers) {
  EXPECT_FAULT_SAYING(EventFilters::read({"contaner=x"}), FaultKind::Invalid, "did you mean container?");
  EXPECT_FAULT(EventFilters::read({"type="}), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::cli
