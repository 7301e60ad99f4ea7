#include "layerfs/image_index.h"

#include "archives.h"

namespace strata::layerfs::testing {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr llvm::StringLiteral kName = "docker.io/library/app:1";

class ImageIndexTest : public ArchiveTest {
protected:
  Image imageFor(std::string platform, std::string layer) {
    ImageConfig config;
    config.platform = must(parsePlatform(platform));
    return must(here_.images->create(config, {here_.addTar(layerTar(std::move(layer)))}));
  }
  ImageIndexes& indexes() { return here_.images->indexes(); }

  Image arm_ = imageFor("linux/arm/v7", "arm"), own_ = imageFor("local", "own"), s390x_ = imageFor("linux/s390x", "z");
  ImageIndex index_ = must(indexes().create({arm_, own_, s390x_}));
};

TEST_F(ImageIndexTest, PLAT_6_OUT_22_TheIndexNamesTheManifestsInTheGivenOrder) {
  Index document = must(parseIndex(must(here_.content->read(index_.id))));
  ASSERT_EQ(document.manifests.size(), 3u);
  EXPECT_EQ(document.mediaType, media::kOciIndex);
  EXPECT_EQ(document.manifests[0].digest, arm_.manifest);
  EXPECT_EQ(document.manifests[0].mediaType, media::kOciManifest);
  EXPECT_EQ(document.manifests[0].size, must(here_.content->sizeOf(arm_.manifest)));
  EXPECT_EQ(document.manifests[0].platform->str(), "linux/arm/v7");
  EXPECT_EQ(document.manifests[1].platform, hostPlatform());
  EXPECT_EQ(document.manifests[2].digest, s390x_.manifest);
  EXPECT_EQ(must(indexes().create({arm_, own_, s390x_})).id, index_.id) << "the same again";
}

TEST_F(ImageIndexTest, ANameOfAnIndexStandsForTheUsualImageToo) {
  must(here_.images->tag(index_.id, kName));
  EXPECT_EQ(must(indexes().findByName(kName)), index_.id);
  EXPECT_EQ(must(here_.images->findByName(kName)), own_.id);
  EXPECT_THAT(must(indexes().load(index_.id)).names, ElementsAre(kName));
  EXPECT_THAT(must(here_.images->load(own_.id)).names, IsEmpty());
  must(here_.images->tag(own_.id, kName));
  EXPECT_EQ(must(indexes().findByName(kName)), std::nullopt) << "a name is one's";
  EXPECT_THAT(must(here_.images->load(own_.id)).names, ElementsAre(kName));
}

TEST_F(ImageIndexTest, PLAT_10_APlatformIsChosenOrNamedAsMissing) {
  must(here_.images->tag(index_.id, kName));
  auto find = [&](llvm::StringRef platform) { return here_.images->findByName(kName, must(parsePlatform(platform))); };
  EXPECT_EQ(must(find("linux/s390x")), s390x_.id);
  EXPECT_EQ(must(find("local")), own_.id);
  EXPECT_EQ(must(find("linux/arm/v7")), arm_.id);
  EXPECT_FAULT_SAYING(find("linux/arm/v6"), FaultKind::NotFound, "linux/arm/v6");
  EXPECT_FAULT_SAYING(find("linux/riscv64"), FaultKind::NotFound, "no linux/riscv64; it has linux/arm/v7");
  must(here_.images->tag(s390x_.id, "docker.io/library/one:1"));
  EXPECT_EQ(must(here_.images->findByName("docker.io/library/one:1", hostPlatform())), s390x_.id) << "the only one";
}

TEST_F(ImageIndexTest, AListingShowsTheIndexInPlaceOfItsImages) {
  must(here_.images->tag(index_.id, kName));
  must(here_.images->tag(arm_.id, "docker.io/library/arm:1"));
  auto list = must(here_.images->list());
  ASSERT_EQ(list.size(), 2u) << "one that has a name of its own is shown too";
  const ImageSummary& row = list[0].id == index_.id ? list[0] : list[1];
  EXPECT_EQ(row.id, index_.id);
  EXPECT_EQ(row.manifest, index_.id);
  EXPECT_THAT(row.names, ElementsAre(kName));
  EXPECT_THAT(row.members, ElementsAre(arm_.id, own_.id, s390x_.id));
  EXPECT_EQ(row.layers.size(), 3u);
  EXPECT_EQ(row.size, arm_.size + own_.size + s390x_.size);
}

TEST_F(ImageIndexTest, AnIndexGoesWithTheImagesThatNothingElseNames) {
  must(here_.images->tag(index_.id, kName));
  must(here_.images->tag(arm_.id, "docker.io/library/arm:1"));
  EXPECT_FAULT_SAYING(here_.images->remove(own_.id), FaultKind::Invalid, "several platforms");
  must(here_.images->remove(index_.id));
  EXPECT_EQ(must(here_.images->findByName(kName)), std::nullopt);
  EXPECT_FAULT(indexes().load(index_.id), FaultKind::NotFound);
  EXPECT_FAULT(here_.images->load(own_.id), FaultKind::NotFound);
  EXPECT_EQ(must(here_.images->load(arm_.id)).id, arm_.id);
  auto inUse = must(here_.images->inUse());
  EXPECT_THAT(inUse.documents, ::testing::UnorderedElementsAre(arm_.id, arm_.manifest));
  EXPECT_EQ(inUse.layers.size(), 1u);
}

TEST_F(ImageIndexTest, WhatIsInUseIncludesTheIndex) {
  auto inUse = must(here_.images->inUse());
  EXPECT_EQ(inUse.documents.count(index_.id), 1u);
  EXPECT_EQ(inUse.documents.size(), 7u);
  EXPECT_EQ(inUse.layers.size(), 3u);
}

TEST_F(ImageIndexTest, AnIndexIsSavedAndLoadedWhole) {
  std::string archive = save({{.image = own_, .names = {kName.str()}, .index = index_, .others = {arm_, s390x_}}});
  auto loaded = must(there_.load(archive));
  ASSERT_EQ(loaded.size(), 1u);
  EXPECT_EQ(loaded[0].id, index_.id);
  EXPECT_THAT(loaded[0].names, ElementsAre(kName));
  EXPECT_THAT(loaded[0].members, ElementsAre(arm_.id, own_.id, s390x_.id));
  EXPECT_EQ(must(there_.images->indexes().load(index_.id)).platforms(), index_.platforms());
}

TEST_F(ImageIndexTest, OneImageOfAnArchivesIndexCanBeLoadedAlone) {
  std::string archive = save({{.image = own_, .names = {kName.str()}, .index = index_, .others = {arm_, s390x_}}});
  StringSource source(archive), again(archive);
  auto load = [&](ByteSource& from, llvm::StringRef platform) {
    return loadArchive(from, *there_.images, *there_.layers, there_.staging(), must(parsePlatform(platform)));
  };
  auto loaded = must(load(source, "linux/s390x"));
  EXPECT_EQ(loaded.at(0).id, s390x_.id);
  EXPECT_THAT(loaded.at(0).members, IsEmpty());
  EXPECT_EQ(must(there_.images->list()).size(), 1u);
  EXPECT_FAULT_SAYING(load(again, "linux/riscv64"), FaultKind::NotFound, "linux/riscv64");
}

TEST(Platforms, AnImageForLessRunsToo) {
  auto texts = [](llvm::StringRef wanted) {
    std::vector<std::string> shown;
    for (const Platform& platform : platformsFor(must(parsePlatform(wanted)))) shown.push_back(platform.str());
    return shown;
  };
  EXPECT_THAT(texts("linux/arm/v7"), ElementsAre("linux/arm/v7", "linux/arm/v6", "linux/arm/v5"));
  EXPECT_THAT(texts("linux/amd64/v3"), ElementsAre("linux/amd64/v3", "linux/amd64/v2", "linux/amd64", "linux/386"));
  EXPECT_THAT(texts("linux/arm64"),
              ElementsAre("linux/arm64", "linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"));
  EXPECT_THAT(texts("linux/s390x"), ElementsAre("linux/s390x"));
}

}  // namespace
}  // namespace strata::layerfs::testing
