#include "builder/remote/cache_session.h"

#include "builder/remote/cache_index.h"
#include "builder/remote/cache_storage.h"
#include "registry/reference.h"
#include "tests/builder/build_fixture.h"
#include "tests/support/registry_server.h"

namespace strata::builder {

namespace {

using ::testing::HasSubstr;

/// Machines with a store each, and a directory that they share.
class SharedCacheTest : public BuildTest {
protected:
  void SetUp() override {
    BuildTest::SetUp();
    if (IsSkipped()) return;
    writeFile(context("src/a"), "one");
    writeFile(context("src/b"), "two");
    dockerfile(
        "FROM base AS build\nRUN echo x > /x && date > /when\nCOPY src /src\nRUN cat /src/* > /all\n"
        "FROM base\nCOPY --from=build /all /all\n");
  }

  CachePlace place() const { return {.type = CacheType::Local, .directory = directory_.path() + "/shared"}; }
  void addTo(bool everyStep = true) {
    request_.caches = {.from = {}, .to = {{.place = place(), .everyStep = everyStep}}};
  }
  void takeFrom() { request_.caches = {.from = {place()}, .to = {}}; }
  /// What follows happens in a store that knows nothing but the base.
  void onAnotherMachine() {
    store_.reset();
    store_ = must(layerfs::Store::open({.root = directory_.path() + "/store" + std::to_string(++machines_)}));
    addBase("base", "one");
  }
  CacheIndex root() {
    auto storage = must(openLocalStorage(place(), /*forWriting=*/false));
    return must(CacheIndex::parse(must(storage->root())->text));
  }
  size_t recordsThere() {
    auto storage = must(openLocalStorage(place(), /*forWriting=*/false));
    size_t records = 0;
    for (const auto& pack : root().packs)
      records += must(decodePack(must(readBlob(*storage, pack, 1 << 20)))).records.size();
    return records;
  }

  int machines_ = 0;
};

TEST_F(SharedCacheTest, COUT_11_TheSameImageWithoutRunningAnything) {
  addTo();
  Digest image = mustBuild().image;
  onAnotherMachine();
  takeFrom();
  EXPECT_EQ(mustBuild().image, image);
  EXPECT_EQ(outcomes(), "HHHHHH");
  for (const auto& layer : must(store_->layers().list()))
    if (layer.form == layerfs::LayerForm::Remote) return;
  ADD_FAILURE() << "every layer came, though nobody read one";
}

TEST_F(SharedCacheTest, COUT_2_MaxHasEveryStepAndMinTheResultsLayers) {
  addTo(/*everyStep=*/false);
  mustBuild();
  EXPECT_EQ(recordsThere(), 1u);
  addTo();
  mustBuild();
  EXPECT_EQ(recordsThere(), 4u);
}

TEST_F(SharedCacheTest, COUT_12_SeveralPlatformsAreOneCache) {
  dockerfile("FROM scratch\nARG TARGETARCH\nCOPY src /$TARGETARCH\n");
  request_.platforms = {must(layerfs::parsePlatform("linux/amd64")), must(layerfs::parsePlatform("linux/arm64"))};
  addTo();
  Digest image = mustBuild().image;
  EXPECT_EQ(root().packs.size(), 1u);
  onAnotherMachine();
  takeFrom();
  EXPECT_EQ(mustBuild().image, image);
  EXPECT_EQ(outcomes(), "HH");
}

TEST_F(SharedCacheTest, WhatIsThereIsNotAddedAgain) {
  addTo();
  mustBuild();
  std::string before = root().print();
  mustBuild();
  EXPECT_EQ(root().print(), before);
  onAnotherMachine();
  request_.caches = {.from = {place()}, .to = {{.place = place(), .everyStep = true}}};
  mustBuild();
  EXPECT_EQ(root().print(), before);
}

TEST_F(SharedCacheTest, ABuildOfAnotherMachineExplainsAMiss) {
  addTo();
  std::string first = mustBuild().buildId;
  onAnotherMachine();
  takeFrom();
  dockerfile("FROM base AS build\nRUN echo x > /x && date > /when\nFROM base\nCOPY src /src\n");
  writeFile(context("src/b"), "changed");
  mustBuild();
  auto earlier = must(must(Journal::open(store_->database()))->earlierBuilds(journal(), 10));
  ASSERT_EQ(earlier.size(), 1u);
  EXPECT_EQ(earlier[0].id, first);
  EXPECT_EQ(earlier[0].origin, place().name());
  auto treeOfSource = [](const Build& build) {
    Digest tree;
    for (const BuildStep& step : build.steps)
      for (const KeyComponent& component : step.components)
        if (component.name == "src") tree = component.tree;
    return tree;
  };
  auto trees = must(TreeStore::open(store_->database()));
  auto changes = must(diffTrees(*trees, treeOfSource(earlier[0]), treeOfSource(journal())));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_THAT(changes[0].path, HasSubstr("src/b"));
}

/// A repository of the registry says that its blob is a layer that it is not: the cache gets the layer itself.
TEST_F(SharedCacheTest, WhatSomebodySaysOfALayerThatIsHereIsNotExported) {
  testing::RegistryServer server;
  registry::Client client(cancel_);
  std::string evil = "evil", hostile = server.domain() + "/hostile/app";
  auto reference = must(registry::parseReference(hostile));
  layerfs::Descriptor blob = describe(evil, layerfs::media::kOciLayerGzip);
  must(must(client.repository(reference, registry::Client::Use::Push))->pushBlob(blob, evil));
  mustBuild();
  for (const auto& one : must(store_->layers().list())) {
    auto identity = must(must(store_->layers().load(one.id))->tarIdentity());
    must(store_->layers().blobs().put(identity.diffId, {blob, hostile}));
  }
  CachePlace shared{.type = CacheType::Registry, .reference = server.domain() + "/team/app:cache"};
  request_.caches = {.from = {}, .to = {{.place = shared, .everyStep = true, .ignoreError = false}}};
  mustBuild();
  auto storage = must(openRegistryStorage(shared, client, /*forWriting=*/false));
  auto index = must(CacheIndex::parse(must(storage->root())->text));
  size_t records = 0;
  for (const auto& pack : index.packs)
    for (const PackedRecord& record : must(decodePack(must(readBlob(*storage, pack, 1 << 20)))).records) {
      ++records;
      EXPECT_NE(record.blob.digest, blob.digest);
    }
  EXPECT_EQ(records, 4u);
}

/// These stores have nobody to bring a layer: it can only go from one cache to the other.
TEST_F(SharedCacheTest, WhatIsInOneCacheGoesToAnotherWithoutBeingRead) {
  testing::RegistryServer server;
  CachePlace other{.type = CacheType::Registry, .reference = server.domain() + "/team/app:cache"};
  addTo();
  Digest image = mustBuild().image;
  onAnotherMachine();
  request_.caches = {.from = {place()}, .to = {{.place = other, .everyStep = true, .ignoreError = false}}};
  EXPECT_EQ(mustBuild().image, image);
  onAnotherMachine();
  request_.caches = {.from = {other}, .to = {}};
  EXPECT_EQ(mustBuild().image, image);
  EXPECT_EQ(outcomes(), "HHHHHH");
}

TEST_F(SharedCacheTest, ACacheThatIsNotThereIsSaidAndNoMore) {
  request_.caches = {.from = {place()}, .to = {{.place = {.type = CacheType::Local, .directory = "/proc/none"}}}};
  mustBuild();
  request_.noCache = true;
  request_.caches.to.front().ignoreError = false;
  EXPECT_FAULT(tryBuild(), FaultKind::Io);
}

}  // namespace

}  // namespace strata::builder
