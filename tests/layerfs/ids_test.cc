#include "layerfs/ids.h"

#include <gtest/gtest.h>

namespace strata::layerfs {
namespace {

TEST(ChainIdTest, AnEmptyStackHasNone) { EXPECT_FALSE(chainIdOf({}).digest); }

TEST(ChainIdTest, OneLayerIsItsOwnChain) {
  DiffId only{digestOf("a layer")};
  EXPECT_EQ(chainIdOf({only}).digest, only.digest);
}

TEST(ChainIdTest, EachLayerIsHashedOntoTheChainBelowIt) {
  DiffId a{digestOf("a")}, b{digestOf("b")}, c{digestOf("c")};
  Digest two = digestOf(a.digest.str() + " " + b.digest.str());
  EXPECT_EQ(chainIdOf({a, b}).digest, two);
  EXPECT_EQ(chainIdOf({a, b, c}).digest, digestOf(two.str() + " " + c.digest.str()));
  EXPECT_NE(chainIdOf({a, b}), chainIdOf({b, a}));
}

}  // namespace
}  // namespace strata::layerfs
