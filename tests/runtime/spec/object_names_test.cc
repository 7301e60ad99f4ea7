#include "runtime/spec/object_names.h"

#include <gtest/gtest.h>

namespace strata::runtime {
namespace {

TEST(ObjectNames, IdentitiesAre64DigitsAndDiffer) {
  std::string one = makeObjectId(), other = makeObjectId();
  EXPECT_EQ(one.size(), 64u);
  EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(one, other);
}

TEST(ObjectNames, TakesOnlyTheAlphabetOfDocker) {
  for (const char* name : {"a", "9", "web-1", "A.b_c-d"}) EXPECT_TRUE(isObjectName(name)) << name;
  for (const char* name : {"", "-a", ".a", "_a", "a/b", "a b", "ä"}) EXPECT_FALSE(isObjectName(name)) << name;
}

TEST(ObjectNames, PairsComeBackFromJson) {
  std::map<std::string, std::string> pairs{{"a", "1"}, {"b", ""}};
  llvm::json::Object object = pairsJson(pairs);
  EXPECT_EQ(pairsFrom(&object), pairs);
  object["c"] = 7;
  pairs["c"] = "";
  EXPECT_EQ(pairsFrom(&object), pairs);
  EXPECT_TRUE(pairsFrom(nullptr).empty());
}

}  // namespace
}  // namespace strata::runtime
