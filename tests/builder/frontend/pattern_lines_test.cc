#include "tests/builder/frontend/shell_pattern.h"

namespace strata::builder {
namespace {
using testing::must;

std::string replaced(llvm::StringRef text, llvm::StringRef value, bool all) {
  return must(pattern(text).replaced(value, "x", all));
}

TEST(ShellPattern, VAR_21_WildcardsKeepToOneLine) {
  llvm::StringRef value = "ab\ncd";
  EXPECT_EQ(pattern("*").withoutPrefix(value, /*longest=*/true), "\ncd");
  EXPECT_EQ(pattern("*").withoutSuffix(value, /*longest=*/true), "ab\n");
  EXPECT_EQ(replaced("?", value, /*all=*/true), "xx\nxx");
  EXPECT_EQ(replaced("*", value, /*all=*/true), "x\nx");
  EXPECT_EQ(replaced("c", value, /*all=*/false), "ab\nxd");
}

TEST(ShellPattern, ALineEndInAPatternIsOneOfTheValue) {
  EXPECT_EQ(pattern("b\n*").withoutSuffix("ab\ncd", /*longest=*/true), "a");
  EXPECT_EQ(replaced("b\nc", "ab\ncd", /*all=*/true), "axd");
}

TEST(ShellPattern, NothingIsAMatchToo) {
  EXPECT_EQ(replaced("*", "", /*all=*/false), "x");
  EXPECT_EQ(replaced("", "abc", /*all=*/false), "xabc");
}

}  // namespace
}  // namespace strata::builder
