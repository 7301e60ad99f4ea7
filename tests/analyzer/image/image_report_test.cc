#include "analyzer/image/image_report.h"

#include "analyzer/report/image_json.h"
#include "analyzer/report/image_text.h"
#include "layerfs/store.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using builder::Build;
using builder::BuildStep;
using strata::testing::must;
using strata::testing::writeFile;
using ::testing::HasSubstr;

/// An image of two layers in a real store: a base, and what one RUN left on it.
class ImageReportTest : public ::testing::Test {
protected:
  ImageReportTest()
      : dir_(strata::testing::makeTempDir()),
        store_(must(layerfs::Store::open({.root = joinPath(dir_.path(), "root")}))),
        journal_(must(builder::Journal::open(store_->database()))),
        trees_(must(builder::TreeStore::open(store_->database()))) {}

  std::shared_ptr<layerfs::Layer> makeLayer(std::vector<std::pair<std::string, std::string>> files) {
    auto draft = must(store_->layers().makeDraft());
    for (auto& [path, text] : files) writeFile(joinPath(draft.upper(), path), text);
    return must(store_->layers().publish(std::move(draft)));
  }

  layerfs::Image makeImage() {
    auto base = makeLayer({{"etc/motd", "hello"}, {"bin/tool", "12345678"}});
    auto top = makeLayer({{"etc/motd", "changed"}, {"srv/new", "abc"}});
    layerfs::ImageConfig config;
    config.platform = layerfs::hostPlatform();
    config.history = {{.createdBy = "/bin/sh -c #(nop) ADD file in /"},
                      {.createdBy = "ENV A=1", .emptyLayer = true},
                      {.createdBy = "RUN |1 V=2 /bin/sh -c make all # buildkit"}};
    return must(store_->images().create(std::move(config), {base, top}));
  }

  ImageReport reportOf(const layerfs::Image& image) {
    auto source = must(openStoredImage(image, store_->layers()));
    return must(analyzeImage(*source, {.store = store_.get(), .journal = journal_.get(), .trees = trees_.get()}))
        .report;
  }

  TempDir dir_;
  std::unique_ptr<layerfs::Store> store_;
  std::unique_ptr<builder::Journal> journal_;
  std::unique_ptr<builder::TreeStore> trees_;
};

TEST_F(ImageReportTest, CountsWhatEachLayerHoldsAndChanges) {
  ImageReport report = reportOf(makeImage());
  ASSERT_EQ(report.layers.size(), 2u);
  const LayerReport &base = report.layers[0], &top = report.layers[1];
  EXPECT_EQ(base.counts.files, 2u);
  EXPECT_EQ(base.counts.fileBytes, 13u);
  EXPECT_EQ(base.counts.directories, 2u);
  EXPECT_EQ(base.counts.added, 4u);
  EXPECT_EQ(top.counts.added, 2u);
  EXPECT_EQ(top.counts.modified, 1u);
  EXPECT_EQ(top.counts.removed, 0u);
  EXPECT_EQ(report.tarBytes, base.tarBytes + top.tarBytes);
  EXPECT_FALSE(top.outcome.has_value());
}

TEST_F(ImageReportTest, InstructionsAreThoseOfEntriesThatMadeLayers) {
  ImageReport report = reportOf(makeImage());
  EXPECT_EQ(report.layers[0].instruction, "ADD file in /");
  EXPECT_EQ(report.layers[1].instruction, "RUN make all");
}

TEST_F(ImageReportTest, SizesAreThoseOfTheContainerAndOfTheFilesThatAreLargest) {
  ImageReport report = reportOf(makeImage());
  EXPECT_EQ(report.visibleFiles, 3u);
  EXPECT_EQ(report.visibleBytes, 7u + 8 + 3);
  ASSERT_EQ(report.largest.size(), 3u);
  EXPECT_EQ(report.largest[0].path, "bin/tool");
  EXPECT_EQ(report.largest[1].path, "etc/motd");
  EXPECT_EQ(report.largest[1].layer, 1u);
  auto source = must(openStoredImage(makeImage(), store_->layers()));
  EXPECT_EQ(must(analyzeImage(*source, {}, {.largest = 1})).report.largest.size(), 1u);
}

TEST_F(ImageReportTest, LayersThatOtherImagesHaveAreShared) {
  layerfs::Image image = makeImage();
  EXPECT_EQ(reportOf(image).sharedBytes, 0u);
  layerfs::ImageConfig config;
  config.platform = layerfs::hostPlatform();
  config.user = "other";
  must(store_->images().create(std::move(config), {image.layers[0]}));
  ImageReport report = reportOf(image);
  EXPECT_EQ(report.layers[0].sharedWith, 1u);
  EXPECT_EQ(report.layers[1].sharedWith, 0u);
  EXPECT_EQ(report.sharedBytes, report.layers[0].tarBytes);
}

TEST_F(ImageReportTest, ABlobThatSomebodyHasGivesTheCompressedSize) {
  layerfs::Image image = makeImage();
  layerfs::DiffId diffId = must(image.layers[0]->tarIdentity()).diffId;
  layerfs::Descriptor blob{
      .mediaType = layerfs::media::kOciLayerGzip.str(), .digest = digestOf("its gzip form"), .size = 321};
  must(store_->layers().blobs().put(diffId, {.descriptor = blob, .place = "localhost:5000/app"}));
  ImageReport report = reportOf(image);
  EXPECT_EQ(report.layers[0].compressedBytes, std::optional<uint64_t>(321));
  EXPECT_FALSE(report.layers[1].compressedBytes.has_value());
  EXPECT_FALSE(report.compressedBytes.has_value());
}

TEST_F(ImageReportTest, StepsOfTheLastBuildAreFoundByTheirLayer) {
  layerfs::Image image = makeImage();
  Build build;
  build.id = builder::Journal::makeId();
  build.image = image.id;
  BuildStep run;
  run.index = 4;
  run.stage = "stage-0";
  run.instruction = "run";
  run.name = "[2/2] RUN make all";
  run.firstLine = 7;
  run.miss = BuildStep::Miss::NoRecord;
  run.duration = 3'000'000'000;
  run.layer = image.layers[1]->id().value;
  run.components = {{.kind = builder::KeyComponent::Kind::Instruction, .value = "make all"}};
  build.steps.push_back(run);
  must(journal_->write(build));

  ImageReport report = reportOf(image);
  EXPECT_FALSE(report.layers[0].outcome.has_value());
  EXPECT_EQ(report.layers[1].outcome, std::optional(BuildStep::Outcome::Executed));
  EXPECT_EQ(report.layers[1].line, std::optional(7u));
  EXPECT_EQ(report.layers[1].nanoseconds, 3'000'000'000);
  std::string text = printImageReport(report);
  EXPECT_THAT(text, HasSubstr("RUN make all (line 7)"));
  EXPECT_THAT(text, HasSubstr("never built before"));
  EXPECT_THAT(text, HasSubstr("+2 ~1 -0"));
  llvm::json::Value json = toJson(report);
  EXPECT_EQ(json.getAsObject()->getInteger("schema"), std::optional<int64_t>(2));
  EXPECT_EQ(json.getAsObject()->getString("build"), std::optional<llvm::StringRef>(build.id));
}

}  // namespace
}  // namespace strata::analyzer
