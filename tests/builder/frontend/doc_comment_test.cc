#include "builder/frontend/doc_comment.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {

TEST(DocComment, LEX_23_ALineThatBeginsWithTheNameDescribesIt) {
  EXPECT_EQ(descriptionOf("base", {"something", "base  the base stage ", "base another"}), "the base stage");
  EXPECT_EQ(descriptionOf("B", {"A first", "B second"}), "second");
  EXPECT_EQ(descriptionOf("base", {"basement x", "Base x", "base"}), "");
  EXPECT_EQ(descriptionOf("", {" x"}), "");
}

}  // namespace
}  // namespace strata::builder
