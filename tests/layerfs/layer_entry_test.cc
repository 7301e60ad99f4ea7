#include "layerfs/layer_entry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace strata::layerfs {
namespace {

TEST(PathLess, ChildrenComeBeforeSiblingsThatStartWithTheSameName) {
  std::vector<std::string> sorted = {"", "a", "a/b", "a/b/c", "a/b-c", "a b", "a-b", "a.b", "ab", "b", "\xff"};
  std::vector<std::string> shuffled(sorted.rbegin(), sorted.rend());
  std::sort(shuffled.begin(), shuffled.end(), pathLess);
  EXPECT_EQ(shuffled, sorted);
}

TEST(PathLess, APathIsNotLessThanItself) { EXPECT_FALSE(pathLess("a/b", "a/b")); }

}  // namespace
}  // namespace strata::layerfs
