#include "analyzer/image/archive_source.h"

#include "layerfs/compression.h"
#include "layerfs/image_archive.h"
#include "tests/analyzer/image/image_layers.h"

#include <fcntl.h>

namespace strata::analyzer {
namespace {

using strata::testing::must;
using ::testing::ElementsAre;

class ArchiveSourceTest : public ImageLayersTest {
protected:
  layerfs::Image makeTwoLayers(const std::string& letter = "x") {
    return makeImage({{"COPY . /app", {directory("app"), file("app/a", 30, letter[0]), file("app/b", 9'000)}},
                      {"RUN rm /app/b", {directory("app"), removed("app/b"), file("app/c", 9)}}});
  }

  std::string save(std::vector<layerfs::SaveItem> items, const std::string& name = "saved.tar") {
    StringSink tar;
    must(layerfs::saveArchive(items, store_->content(), tar));
    return write(name, tar.text);
  }
  std::string write(const std::string& name, llvm::StringRef bytes) {
    std::string path = joinPath(dir_.path(), name);
    strata::testing::writeFile(path, bytes);
    return path;
  }

  llvm::Expected<std::unique_ptr<ImageSource>> open(const std::string& text) {
    auto place = archivePlaceOf(text);
    if (!place) return fault(FaultKind::NotFound, "no place: " + text);
    return openArchiveImage(place->path, place->choice);
  }
  ImageReport analyze(const std::string& text) {
    auto source = must(open(text));
    return must(analyzeImage(*source, {})).report;
  }

  /// What is the same wherever the image lies.
  void expectSame(const ImageReport& seen, const ImageReport& wanted) {
    EXPECT_EQ(seen.id, wanted.id);
    EXPECT_EQ(seen.tarBytes, wanted.tarBytes);
    EXPECT_EQ(seen.visibleBytes, wanted.visibleBytes);
    EXPECT_EQ(seen.waste.bytes, wanted.waste.bytes);
    EXPECT_EQ(seen.waste.findings.size(), wanted.waste.findings.size());
    EXPECT_DOUBLE_EQ(seen.efficiency.score, wanted.efficiency.score);
    ASSERT_EQ(seen.layers.size(), wanted.layers.size());
    for (size_t layer = 0; layer < seen.layers.size(); ++layer) {
      EXPECT_EQ(seen.layers[layer].diffId, wanted.layers[layer].diffId);
      EXPECT_EQ(seen.layers[layer].instruction, wanted.layers[layer].instruction);
      EXPECT_EQ(seen.layers[layer].counts.files, wanted.layers[layer].counts.files);
      EXPECT_EQ(seen.layers[layer].counts.added, wanted.layers[layer].counts.added);
      EXPECT_EQ(seen.layers[layer].counts.removed, wanted.layers[layer].counts.removed);
    }
  }

  void unpack(const std::string& tar, const std::string& to) {
    must(makeDirectories(to));
    ASSERT_EQ(std::system(("tar -xf '" + tar + "' -C '" + to + "'").c_str()), 0);
  }
};

TEST_F(ArchiveSourceTest, AnImageIsTheSameInTheStoreAndInEveryFormOfAnArchive) {
  layerfs::Image image = makeTwoLayers();
  ImageReport wanted = report(image);
  std::string saved = save({{.image = image, .names = {"docker.io/library/app:1"}, .index = {}, .others = {}}});
  expectSame(analyze(saved), wanted);
  expectSame(analyze("docker-archive:" + saved), wanted);
  expectSame(analyze("oci-archive:" + saved), wanted);
  EXPECT_THAT(analyze("docker-archive:" + saved).names, ElementsAre("app:1"));
  unpack(saved, dir_.path() + "/layout");
  expectSame(analyze("oci:" + dir_.path() + "/layout"), wanted);
  expectSame(analyze(dir_.path() + "/layout"), wanted);
  ASSERT_EQ(std::system(("gzip -k '" + saved + "'").c_str()), 0);
  expectSame(analyze(saved + ".gz"), wanted);
}

TEST_F(ArchiveSourceTest, ALayerThatIsNotCompressedHasNoCompressedSize) {
  layerfs::Image image = makeTwoLayers();
  ImageReport seen = analyze(save({{.image = image, .names = {}, .index = {}, .others = {}}}));
  EXPECT_FALSE(seen.compressedBytes.has_value());
  EXPECT_GT(seen.tarBytes, 9'000u);
}

TEST_F(ArchiveSourceTest, OneOfSeveralImagesIsChosenByItsName) {
  layerfs::Image one = makeTwoLayers("x"), other = makeTwoLayers("y");
  ASSERT_NE(one.id, other.id);
  std::string saved = save({{.image = one, .names = {"docker.io/library/app:1"}, .index = {}, .others = {}},
                            {.image = other, .names = {"localhost:5000/team/app:2"}, .index = {}, .others = {}}});
  for (const char* form : {"docker-archive:", "oci-archive:"}) {
    EXPECT_EQ(analyze(form + saved + ":app:1").id, one.id);
    EXPECT_EQ(analyze(form + saved + ":2").id, other.id);
    EXPECT_EQ(analyze(form + saved + ":localhost:5000/team/app:2").id, other.id);
    EXPECT_FAULT_SAYING(open(form + saved + ":none"), FaultKind::NotFound, "app:1");
    EXPECT_FAULT_SAYING(open(form + saved), FaultKind::Invalid, "2 images");
  }
}

TEST_F(ArchiveSourceTest, WhatIsNoArchiveIsSaidToBeNone) {
  EXPECT_FAULT(open(write("empty", "")), FaultKind::Invalid);
  EXPECT_FAULT(open(write("text", std::string(2000, 'a'))), FaultKind::Invalid);
  must(makeDirectories(dir_.path() + "/folder"));
  EXPECT_FAULT_SAYING(open(dir_.path() + "/folder"), FaultKind::Invalid, "neither manifest.json nor index.json");
  EXPECT_FAULT(open("docker-archive:" + dir_.path() + "/none"), FaultKind::NotFound);
  EXPECT_FALSE(archivePlaceOf(dir_.path() + "/none").has_value());
}

TEST_F(ArchiveSourceTest, ALayerOfAnotherDigestIsCorrupt) {
  layerfs::Image image = makeTwoLayers();
  std::string saved = save({{.image = image, .names = {}, .index = {}, .others = {}}});
  std::string bytes = must(readFile(saved));
  size_t at = bytes.find(std::string(30, 'x'));
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'z';
  auto source = must(open(write("changed.tar", bytes)));
  EXPECT_FAULT_SAYING(analyzeImage(*source, {}), FaultKind::Corrupt, "layer 1");
}

/// A docker archive of one layer with these entries.
std::string archiveOf(const MadeLayer& layer) {
  std::string tar = tarOf(layer);
  layerfs::ImageConfig config;
  config.platform = layerfs::hostPlatform();
  config.diffIds = {{digestOf(tar)}};
  std::string manifest = R"([{"Config":"c.json","RepoTags":null,"Layers":["layer.tar"]}])";
  return tarOf(
      {file("c.json", layerfs::printImageConfig(config)), file("layer.tar", tar), file("manifest.json", manifest)});
}

TEST_F(ArchiveSourceTest, StrangeLayersAreReadAsTheyAre) {
  std::string deep = "d";
  for (int level = 0; level < 500; ++level) deep += "/d";
  ImageReport seen = analyze(write(
      "strange.tar", archiveOf({file("no/parents/here", 10), other("link", layerfs::EntryKind::Symlink, "/etc"),
                                file("link/passwd", 20), file("twice", 30), file("twice", 5, 'y'), removed("nothing"),
                                removed("no/such/folder"), other("no", layerfs::EntryKind::Opaque),
                                other("hard", layerfs::EntryKind::Hardlink, "not/there"),
                                other("self", layerfs::EntryKind::Hardlink, "self"), file(deep, 7)})));
  EXPECT_EQ(seen.visibleBytes, 10u + 20 + 5 + 7);
  EXPECT_EQ(seen.layers[0].counts.removed, 0u);
  EXPECT_EQ(seen.waste.bytes, 0u);
}

TEST_F(ArchiveSourceTest, ALayerThatLeavesItsRootIsRefused) {
  auto source = must(open(write("escape.tar", archiveOf({file("../../etc/passwd", 10)}))));
  EXPECT_FAULT_SAYING(analyzeImage(*source, {}), FaultKind::Invalid, "leaves the layer");
}

TEST_F(ArchiveSourceTest, LinksOfOldArchivesAreFollowedAndNeverOutOfThem) {
  layerfs::Image image = makeTwoLayers();
  std::string config = must(store_->content().read(image.id));
  StringSink layer;
  must(image.layers[0]->writeTar(layer));
  StringSink second;
  must(image.layers[1]->writeTar(second));
  std::string manifest = R"([{"Config":"c.json","RepoTags":null,"Layers":["1/layer.tar","2/layer.tar"]}])";
  MadeLayer files = {file("c.json", config), file("base/layer.tar", layer.text), file("manifest.json", manifest),
                     other("1/layer.tar", layerfs::EntryKind::Symlink, "../base/layer.tar"),
                     file("2/layer.tar", second.text)};
  EXPECT_EQ(analyze(write("old.tar", tarOf(files))).id, image.id);
  files[3] = other("1/layer.tar", layerfs::EntryKind::Symlink, "../../../../etc/passwd");
  EXPECT_FAULT(open(write("hostile.tar", tarOf(files))), FaultKind::NotFound);
  files[3] = other("1/layer.tar", layerfs::EntryKind::Symlink, "layer.tar");
  EXPECT_FAULT(open(write("circle.tar", tarOf(files))), FaultKind::NotFound);
}

}  // namespace
}  // namespace strata::analyzer
