#include "analyzer/image/image_report.h"

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

  TempDir dir_;
  std::unique_ptr<layerfs::Store> store_;
  std::unique_ptr<builder::Journal> journal_;
  std::unique_ptr<builder::TreeStore> trees_;
};

TEST_F(ImageReportTest, CountsWhatEachLayerHoldsAndChanges) {
  ImageReport report = must(analyzeImage(makeImage(), *journal_, *trees_));
  ASSERT_EQ(report.layers.size(), 2u);
  const LayerReport &base = report.layers[0], &top = report.layers[1];
  EXPECT_EQ(base.files, 2u);
  EXPECT_EQ(base.fileBytes, 13u);
  EXPECT_EQ(base.directories, 2u);
  EXPECT_EQ(base.added, 4u);
  EXPECT_EQ(top.added, 2u);
  EXPECT_EQ(top.modified, 1u);
  EXPECT_EQ(top.removed, 0u);
  EXPECT_EQ(report.tarBytes, base.tarBytes + top.tarBytes);
  EXPECT_FALSE(top.outcome.has_value());
}

TEST_F(ImageReportTest, InstructionsAreThoseOfEntriesThatMadeLayers) {
  ImageReport report = must(analyzeImage(makeImage(), *journal_, *trees_));
  EXPECT_EQ(report.layers[0].instruction, "ADD file in /");
  EXPECT_EQ(report.layers[1].instruction, "RUN make all");
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

  ImageReport report = must(analyzeImage(image, *journal_, *trees_));
  EXPECT_FALSE(report.layers[0].outcome.has_value());
  EXPECT_EQ(report.layers[1].outcome, std::optional(BuildStep::Outcome::Executed));
  EXPECT_EQ(report.layers[1].line, std::optional(7u));
  EXPECT_EQ(report.layers[1].seconds, 3'000'000'000);
  std::string text = printImageReport(report);
  EXPECT_THAT(text, HasSubstr("RUN make all (line 7)"));
  EXPECT_THAT(text, HasSubstr("never built before"));
  EXPECT_THAT(text, HasSubstr("+2 ~1 -0"));
  llvm::json::Value json = toJson(report);
  EXPECT_EQ(json.getAsObject()->getInteger("schema"), std::optional<int64_t>(1));
  EXPECT_EQ(json.getAsObject()->getString("build"), std::optional<llvm::StringRef>(build.id));
}

}  // namespace
}  // namespace strata::analyzer
