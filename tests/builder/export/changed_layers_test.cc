#include "builder/export/changed_layers.h"

#include "builder/export/merged_files.h"
#include "tests/builder/export/export_fixture.h"

namespace strata::builder {
namespace {
using layerfs::EntryKind;
using testing::must;

class ChangedLayersTest : public ExportFixture {
protected:
  /// "path=text" of every file and "-path" of every removal of a layer, "path/!" of an opaque directory.
  std::vector<std::string> entries(layerfs::Layer& layer) {
    std::vector<std::string> lines;
    must(layer.walk([&](const layerfs::LayerEntry& entry, ByteSource& content) -> llvm::Error {
      if (entry.kind == EntryKind::Whiteout) lines.push_back("-" + entry.path);
      if (entry.kind == EntryKind::Opaque) lines.push_back(entry.path + "/!");
      if (entry.kind == EntryKind::File) lines.push_back(entry.path + "=" + must(readAll(content, 100)));
      return llvm::Error::success();
    }));
    return lines;
  }
  std::vector<std::string> files(const PlatformResult& result) {
    std::vector<std::string> names;
    auto merged = must(mergedFiles(result));
    must(merged.walk([&](const layerfs::LayerEntry& entry, ByteSource&, int) {
      if (entry.kind != EntryKind::Directory) names.push_back(entry.path);
      return llvm::Error::success();
    }));
    return names;
  }
};

TEST_F(ChangedLayersTest, SquashKeepsWhatLayersBringAndWhatTheyRemoveOfTheBase) {
  PlatformResult whole = result(kAmd, {layer({{"base/kept", "0"}, {"base/gone", "0"}, {"dir/x", "0"}, {"dir/y", "0"}}),
                                       layer({{"base/gone", "-"}, {"new", "1"}, {"passing", "1"}, {"dir", "-"}}),
                                       layer({{"new", "2"}, {"passing", "-"}, {"dir/x", "2"}})});
  whole.baseLayers = 1;
  whole.base = digestOf("base");
  auto before = files(whole);
  PlatformResult squashed = must(squash(whole, *store_));
  ASSERT_EQ(squashed.layers.size(), 2u);
  EXPECT_EQ(squashed.layers[0]->id(), whole.layers[0]->id());
  EXPECT_THAT(entries(*squashed.layers[1]),
              ::testing::UnorderedElementsAre("-base/gone", "dir/!", "dir/x=2", "new=2", "-passing"));
  EXPECT_EQ(files(squashed), before);
  EXPECT_THAT(before, ::testing::ElementsAre("base/kept", "dir/x", "new"));
}

TEST_F(ChangedLayersTest, SquashKeepsTheHistoryAndSaysWhatItMerged) {
  PlatformResult whole = result(kAmd, {layer({{"a", "0"}}), layer({{"b", "1"}}), layer({{"c", "2"}})});
  whole.baseLayers = 1;
  whole.base = digestOf("base");
  PlatformResult squashed = must(squash(whole, *store_));
  const auto& history = squashed.config.history;
  ASSERT_EQ(history.size(), 4u);
  EXPECT_FALSE(history[0].emptyLayer);
  EXPECT_TRUE(history[1].emptyLayer && history[2].emptyLayer);
  EXPECT_FALSE(history[3].emptyLayer);
  EXPECT_THAT(history[3].comment, ::testing::MatchesRegex("merge sha256:.* to " + digestOf("base").str()));
  EXPECT_EQ(history[3].created, whole.config.created);

  whole.baseLayers = 0;
  whole.base.reset();
  squashed = must(squash(whole, *store_));
  EXPECT_EQ(squashed.layers.size(), 1u);
  EXPECT_THAT(squashed.config.history.back().comment, ::testing::StartsWith("create new from sha256:"));
}

TEST_F(ChangedLayersTest, SDE_7_TimesAreClampedInNewLayersAlone) {
  PlatformResult whole = result(kAmd, {layer({{"a", "0"}}), layer({{"b", "1"}})});
  whole.baseLayers = 1;
  PlatformResult rewritten = must(rewriteTimestamps(whole, 1'500'000'000, *store_));
  EXPECT_EQ(rewritten.layers[0]->id(), whole.layers[0]->id());
  must(rewritten.layers[1]->walk([](const layerfs::LayerEntry& entry, ByteSource&) {
    if (entry.path.empty()) return llvm::Error::success();  // tars do not have it
    EXPECT_EQ(entry.mtime, 1'500'000'000'000'000'000);
    EXPECT_EQ(entry.uid, 5u);
    return llvm::Error::success();
  }));
  EXPECT_TRUE(rewritten.layerAnnotations[0].empty());
  EXPECT_EQ(rewritten.layerAnnotations[1]["buildkit/rewritten-timestamp"], "1500000000");
  PlatformResult later = must(rewriteTimestamps(whole, 2'100'000'000, *store_));
  EXPECT_EQ(later.layers[1]->id(), whole.layers[1]->id()) << "times before the epoch stay";
}

}  // namespace
}  // namespace strata::builder
