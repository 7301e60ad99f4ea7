#include "support/clean_path.h"

#include "tests/support/testing.h"

namespace strata {
namespace {

TEST(CleanPath, DotsAndSlashesGo) {
  EXPECT_EQ(cleanPath("/a//b/./c/../d/"), "a/b/d");
  EXPECT_EQ(cleanPath("../../x"), "x");
  EXPECT_EQ(cleanPath("/"), "");
  EXPECT_EQ(cleanPath("a/.."), "");
  EXPECT_THAT(pathComponents("/a//b/../...c/"), ::testing::ElementsAre("a", "...c"));
}

TEST(CleanPath, ALinkLeadsOnFromItsDirectory) {
  EXPECT_EQ(linkDestination("a/b/link", "file"), "a/b/file");
  EXPECT_EQ(linkDestination("a/b/link", "../file"), "a/file");
  EXPECT_EQ(linkDestination("link", "./file"), "file");
  EXPECT_EQ(linkDestination("a/link", "/etc/file"), "etc/file");
  EXPECT_EQ(linkDestination("a/link", "../../../file"), "file") << "the root is above itself";
}

}  // namespace
}  // namespace strata
