#include "analyzer/diff/image_diff.h"

#include "tests/analyzer/diff/diffed_images.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;

/// "= 1 1 base", "- 2 . RUN old", "+ . 2 RUN new": positions from 1.
std::vector<std::string> layersOf(const ImageDiff& diff) {
  std::vector<std::string> lines;
  auto position = [](std::optional<uint32_t> at) { return at ? std::to_string(*at + 1) : "."; };
  for (const LayerChange& layer : diff.layers) {
    llvm::StringRef mark = layer.isShared() ? "= " : layer.before ? "- " : "+ ";
    lines.push_back((mark + position(layer.before) + " " + position(layer.after) + " " + layer.instruction).str());
  }
  return lines;
}

std::pair<std::string, MadeLayer> layer(const std::string& name, size_t size = 5) {
  return {"COPY " + name + " /", {file(name, size)}};
}

TEST_F(ImageDiffTest, LayersAreMatchedByDiffId) {
  EXPECT_THAT(layersOf(diff({layer("base"), layer("old"), layer("app")}, {layer("base"), layer("new"), layer("app")})),
              ElementsAre("= 1 1 COPY base /", "- 2 . COPY old /", "+ . 2 COPY new /", "= 3 3 COPY app /"));
}

TEST_F(ImageDiffTest, ALayerAtAnotherPlaceIsShared) {
  EXPECT_THAT(layersOf(diff({layer("a"), layer("b")}, {layer("b"), layer("a")})),
              ElementsAre("= 2 1 COPY b /", "= 1 2 COPY a /"));
}

TEST_F(ImageDiffTest, SizesOfBoth) {
  ImageDiff seen = diff({layer("base", 1000)}, {layer("base", 1000), layer("more", 2000)});
  EXPECT_EQ(seen.before.layers, 1u);
  EXPECT_EQ(seen.after.layers, 2u);
  EXPECT_EQ(seen.before.tarBytes, tarOf(layer("base", 1000).second).size());
  EXPECT_EQ(seen.after.tarBytes, seen.before.tarBytes + tarOf(layer("more", 2000).second).size());
  EXPECT_FALSE(seen.isEmpty());
  EXPECT_TRUE(diff({layer("base")}, {layer("base")}).isEmpty());
}

TEST_F(ImageDiffTest, ALayerThatIsHereIsNotStreamedFromElsewhere) {
  History before = {layer("base", 1000)}, after = {layer("base", 1000), layer("more", 300)};
  auto from = stored(before);
  auto to = streamed(after);
  ImageFacts facts = to->facts();
  std::vector<size_t> opened;
  auto watched = makeStreamedImage(facts, [&](size_t position) -> llvm::Expected<std::unique_ptr<ByteSource>> {
    opened.push_back(position);
    static std::string tar;
    tar = tarOf(after[position].second);
    return std::make_unique<StringSource>(tar);
  });
  ImageDiff seen = strata::testing::must(diffImages(*from, *watched));
  EXPECT_THAT(opened, ElementsAre(1u));
  EXPECT_THAT(changesOf(seen), ElementsAre("added more 300"));
  EXPECT_EQ(seen.after.tarBytes, seen.before.tarBytes + tarOf(layer("more", 300).second).size());
}

TEST_F(ImageDiffTest, AFileOfASharedLayerIsComparedWithWhatReplacedIt) {
  History before = {layer("base", 1000)};
  History after = {layer("base", 1000), {"RUN edit", {file("base", 1000, 'y')}}};
  EXPECT_THAT(changesOf(diff(before, after)), ElementsAre("modified base 1000"));
  EXPECT_THAT(changesOf(streamedDiff(before, after)), ElementsAre("modified base 1000"));
  EXPECT_THAT(changesOf(streamedDiff(after, before)), ElementsAre("modified base 1000"));
}

TEST_F(ImageDiffTest, SecretsAreNotShown) {
  auto from = stored({layer("base")});
  layerfs::ImageConfig config;
  config.env = {"DB_PASSWORD=kRz81-vQp03xw"};
  auto to = makeStreamedImage(factsOf(digestOf("x"), config), nullptr);
  ImageDiff seen = strata::testing::must(diffImages(*from, *to));
  for (const ConfigChange& change : seen.config)
    if (change.name == "DB_PASSWORD") {
      EXPECT_EQ(change.after, "***");
      return;
    }
  FAIL() << "the variable is new";
}

TEST_F(ImageDiffTest, ALayerThatIsNotWhatItsDigestSaysIsNamed) {
  auto from = stored({layer("base")});
  auto facts = streamed({layer("other")})->facts();
  std::string tar = tarOf(layer("evil").second);
  auto to = makeStreamedImage(facts, [&](size_t) -> llvm::Expected<std::unique_ptr<ByteSource>> {
    return std::make_unique<StringSource>(tar);
  });
  EXPECT_FAULT_SAYING(diffImages(*from, *to), FaultKind::Corrupt, "the later image, layer 1");
}

}  // namespace
}  // namespace strata::analyzer
