#include "cli/build_errors.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {

constexpr llvm::StringLiteral kExcerpt = "Dockerfile:1\n--------------------\n   1 | >>> X\n--------------------\n";

TEST(ShowExcerpts, ERR_2_TheExcerptComesFirstAndTheCauseLast) {
  std::string shown;
  llvm::raw_string_ostream out(shown);
  auto error = showExcerpts(fault(FaultKind::NotFound, kExcerpt + "wrong"), out);
  EXPECT_EQ(kindOf(error), FaultKind::NotFound);
  EXPECT_EQ(messageOf(std::move(error)), "failed to solve: wrong");
  EXPECT_EQ(shown, kExcerpt);
}
TEST(ShowExcerpts, EveryErrorHasItsOwnExcerptAndCause) {
  std::string shown;
  llvm::raw_string_ostream out(shown);
  auto errors =
      llvm::joinErrors(fault(FaultKind::Invalid, kExcerpt + "one"), fault(FaultKind::Invalid, kExcerpt + "two"));
  auto error = showExcerpts(std::move(errors), out);
  EXPECT_EQ(messageOf(std::move(error)), "failed to solve: two");
  EXPECT_EQ(shown, (kExcerpt + "ERROR: failed to solve: one\n" + kExcerpt).str());
}
TEST(ShowExcerpts, WithoutAnExcerptTheMessageStays) {
  std::string shown;
  llvm::raw_string_ostream out(shown);
  EXPECT_EQ(messageOf(showExcerpts(fault(FaultKind::Invalid, "no such directory"), out)), "no such directory");
  EXPECT_EQ(shown, "");
  EXPECT_FALSE(bool(showExcerpts(llvm::Error::success(), out)));
}

}  // namespace
}  // namespace strata::cli
