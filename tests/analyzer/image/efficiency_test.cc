#include "analyzer/image/efficiency.h"

#include "tests/analyzer/image/image_layers.h"

namespace strata::analyzer {
namespace {

using EfficiencyTest = ImageLayersTest;

TEST_F(EfficiencyTest, AnImageThatBringsEveryPathOnceIsPerfect) {
  ImageReport seen = report({{"one", {file("a", 100), directory("d"), file("d/b", 50)}}, {"two", {file("c", 30)}}});
  EXPECT_DOUBLE_EQ(seen.efficiency.score, 1);
  EXPECT_EQ(seen.efficiency.wastedBytes, 0u);
  EXPECT_EQ(seen.efficiency.userBytes, 30u);
}

// By hand:
//   path   layer 1  layer 2  layer 3   sum   min
//   a          100       80            180    80
//   b           50                 0    50     0   (whiteout of a file)
//   c                    30             30    30
//                                      260   110   score 110/260
// Named by two layers: a and b, 180 + 50 = 230 bytes. Above the lowest layer: 80 + 30 = 110 bytes.
TEST_F(EfficiencyTest, FilesThatAreOverwrittenAndDeletedLowerTheScore) {
  ImageReport seen = report({{"one", {file("a", 100), file("b", 50)}},
                             {"two", {file("a", 80, 'y'), file("c", 30)}},
                             {"three", {removed("b")}}});
  EXPECT_DOUBLE_EQ(seen.efficiency.score, 110.0 / 260.0);
  EXPECT_EQ(seen.efficiency.wastedBytes, 230u);
  EXPECT_EQ(seen.efficiency.userBytes, 110u);
  EXPECT_DOUBLE_EQ(seen.efficiency.wastedPercent(), 100.0 * 230 / 110);
}

// By hand:
//   path   layer 1  layer 2  layer 3   sum   min
//   d/x         60                      60    60
//   d/y         40                      40    40
//   d                   100        0   100     0   (whiteout: 60 + 40; then a directory that holds nothing)
//   e           10                      10    10
//   l            0        0              0     0   (a link each)
//                                      210   110   score 110/210
// Named by two layers with sizes: d, 100 bytes.
TEST_F(EfficiencyTest, ADirectoryThatIsDeletedHasTheBytesOfItsFiles) {
  ImageReport seen = report({{"one",
                              {directory("d"), file("d/x", 60), file("d/y", 40), file("e", 10),
                               other("l", layerfs::EntryKind::Symlink, "e")}},
                             {"two", {removed("d"), other("l", layerfs::EntryKind::Symlink, "d")}},
                             {"three", {directory("d")}}});
  EXPECT_DOUBLE_EQ(seen.efficiency.score, 110.0 / 210.0);
  EXPECT_EQ(seen.efficiency.wastedBytes, 100u);
  EXPECT_EQ(seen.efficiency.userBytes, 0u);
  EXPECT_DOUBLE_EQ(seen.efficiency.wastedPercent(), 0);
}

// By hand, a recursive chown:
//   path   layer 1  layer 2   sum   min
//   s/a         70       70   140    70
//   s/b         30       30    60    30
//                             200   100   score 1/2
TEST_F(EfficiencyTest, ARecursiveChownHalvesTheScore) {
  ImageReport seen = report({{"one", {directory("s"), file("s/a", 70), file("s/b", 30)}},
                             {"two", {directory("s"), file("s/a", 70, 'x', 5), file("s/b", 30, 'x', 5)}}});
  EXPECT_DOUBLE_EQ(seen.efficiency.score, 0.5);
  EXPECT_EQ(seen.efficiency.wastedBytes, 200u);
  EXPECT_EQ(seen.efficiency.userBytes, 100u);
}

TEST_F(EfficiencyTest, AnImageWithoutBytesIsPerfect) {
  ImageReport seen = report({{"one", {directory("d"), file("empty", 0)}}, {"two", {removed("empty")}}});
  EXPECT_DOUBLE_EQ(seen.efficiency.score, 1);
}

}  // namespace
}  // namespace strata::analyzer
