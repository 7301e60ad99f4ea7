#include "builder/export/platform_result.h"

#include "tests/builder/export/export_fixture.h"

namespace strata::builder {
namespace {
using testing::must;
constexpr int64_t kSecond = 1'000'000'000;

/// A base of `baseLayers` layers and two new ones, made at 100 and 200 seconds, with metadata before, between and
/// after.
class PlatformResultTest : public ExportFixture {
protected:
  void SetUp() override {
    ExportFixture::SetUp();
    if (IsSkipped()) return;
    records_ = must(RecordStore::open(store_->database()));
    Vertex base, first, second;
    base.op = ImageOp{.id = digestOf("base")};
    first.op = second.op = RunOp{};
    first.id = 1, first.parent = 0;
    second.id = 2, second.parent = 1;
    plan_.vertices = {base, first, second};
    PlanResult planned{.platform = kAmd, .files = 2};
    planned.config.platform = kAmd;
    planned.config.labels = {{"kept", "1"}};
    planned.config.history = {{.created = 7 * kSecond, .createdBy = "base"}};
    planned.history = {{"ENV A=1", {}}, {"RUN one", 1}, {"LABEL b=1", {}}, {"RUN two", 2}, {"CMD x", {}}};
    plan_.results = {planned};
    solved_.vertices.resize(3);
    solved_.vertices[0].emplace();
    solved_.vertices[1].emplace().created = 100 * kSecond;
    solved_.vertices[2].emplace().created = 200 * kSecond;
    setBase(1);
  }
  void setBase(size_t layers) {
    auto& stack = solved_.vertices[2]->layers;
    stack.clear();
    for (size_t i = 0; i < layers + 2; ++i) stack.push_back(layer({{"f" + std::to_string(i), "x"}}));
  }
  PlatformResult finish(std::optional<int64_t> epoch = {}) {
    return must(platformResults(plan_, solved_, *records_, epoch)).front();
  }
  std::vector<layerfs::HistoryEntry>& baseHistory() { return plan_.results[0].config.history; }

  std::unique_ptr<RecordStore> records_;
  Plan plan_;
  SolveResult solved_;
};

TEST_F(PlatformResultTest, CFG_8_HIST_16_AShortBaseHistoryGetsEntriesForItsLayers) {
  setBase(3);
  auto history = finish().config.history;
  ASSERT_EQ(history.size(), 8u);
  for (size_t i : {1u, 2u}) {
    EXPECT_EQ(history[i].comment, "buildkit.exporter.image.v0");
    EXPECT_FALSE(history[i].emptyLayer);
  }
  EXPECT_EQ(llvm::count_if(history, [](const auto& entry) { return !entry.emptyLayer; }), 5);
}

TEST_F(PlatformResultTest, CFG_8_ALongBaseHistoryLosesItsLastLayers) {
  baseHistory() = {{.createdBy = "one"}, {.createdBy = "none", .emptyLayer = true}, {.createdBy = "two"}};
  auto history = finish().config.history;
  EXPECT_FALSE(history[0].emptyLayer);
  EXPECT_TRUE(history[1].emptyLayer && history[2].emptyLayer);
  EXPECT_EQ(llvm::count_if(history, [](const auto& entry) { return !entry.emptyLayer; }), 3);
}

TEST_F(PlatformResultTest, CFG_9_AConfigurationNeedsOsAndArchitecture) {
  plan_.results[0].config.platform.architecture.clear();
  EXPECT_FAULT_SAYING(platformResults(plan_, solved_, *records_, {}), FaultKind::Invalid, "architecture");
  plan_.results[0].config.platform = {.architecture = "amd64"};
  EXPECT_FAULT_SAYING(platformResults(plan_, solved_, *records_, {}), FaultKind::Invalid, "operating system");
}

TEST_F(PlatformResultTest, CFG_10_NothingButHistoryAndTimesIsChanged) {
  auto& planned = plan_.results[0].config;
  planned.env = {"A=1", "A=2"};
  planned.author = "someone";
  planned.exposedPorts = {"80/tcp"};
  planned.workingDir = "/w";
  layerfs::ImageConfig config = finish().config;
  config.history = planned.history;
  config.created = planned.created;
  EXPECT_EQ(config, planned);
}

TEST_F(PlatformResultTest, CFG_12_CreatedIsTheLastTimeOfTheHistory) {
  EXPECT_EQ(finish().config.created, 200 * kSecond);
  EXPECT_EQ(finish(150).config.created, 150 * kSecond);
  EXPECT_EQ(finish(300).config.created, 200 * kSecond);
}

TEST_F(PlatformResultTest, HIST_15_MetadataTakesTheTimeOfANewLayerBesideIt) {
  std::vector<int64_t> times;
  for (const auto& entry : finish().config.history) times.push_back(entry.created.value_or(0) / kSecond);
  EXPECT_THAT(times, ::testing::ElementsAre(7, 100, 100, 100, 200, 200));
}

TEST_F(PlatformResultTest, SDE_6_EntriesAreClampedAndThoseOfTheBaseAreNot) {
  baseHistory()[0].created = 500 * kSecond;
  std::vector<int64_t> times;
  for (const auto& entry : finish(150).config.history) times.push_back(entry.created.value_or(0) / kSecond);
  EXPECT_THAT(times, ::testing::ElementsAre(500, 100, 100, 100, 150, 150));
}

TEST_F(PlatformResultTest, KnowsItsBase) {
  PlatformResult finished = finish();
  EXPECT_EQ(finished.base, digestOf("base"));
  EXPECT_EQ(finished.baseLayers, 1u);
}

}  // namespace
}  // namespace strata::builder
