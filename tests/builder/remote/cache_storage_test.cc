#include "builder/remote/cache_storage.h"

#include "builder/remote/cache_index.h"
#include "builder/remote/publish.h"
#include "tests/support/registry_server.h"

#include <thread>

namespace strata::builder {

namespace {

using ::testing::IsEmpty;
using testing::makeTempDir;
using testing::must;
using testing::RegistryServer;

/// Every kind of storage, with one place to be shared by several clients.
class CacheStorageTest : public ::testing::TestWithParam<CacheType> {
protected:
  void SetUp() override {
    place_.type = GetParam();
    place_.directory = directory_.path() + "/cache";
    if (GetParam() == CacheType::Registry) {
      server_ = std::make_unique<RegistryServer>();
      place_.reference = server_->domain() + "/team/app:cache";
    }
    storage_ = open();
  }

  std::unique_ptr<CacheStorage> open() { return must(openCacheStorage(place_, client_, /*forWriting=*/true)); }

  layerfs::Descriptor put(llvm::StringRef bytes) {
    layerfs::Descriptor blob = describe(bytes, "application/octet-stream");
    must(storage_->putBlob(blob, bytes));
    return blob;
  }
  CacheIndex addition(const std::string& name) {
    CacheIndex index;
    std::string pack = must(encodePack({}));
    pack = name;
    index.packs = {describePack(pack)};
    index.others = {put(name + " layer")};
    must(storage_->putBlob(index.packs.front(), pack));
    must(storage_->putBlob(CacheIndex::config(), "{}"));
    return index;
  }
  static llvm::Error asItIs(CacheIndex&) { return llvm::Error::success(); }

  TempDir directory_ = makeTempDir();
  std::unique_ptr<RegistryServer> server_;
  CachePlace place_;
  CancelToken cancel_;
  registry::Client client_{cancel_};
  std::unique_ptr<CacheStorage> storage_;
};

TEST_P(CacheStorageTest, WhatIsPutIsThere) {
  layerfs::Descriptor blob = describe("hello", "text/plain");
  EXPECT_FALSE(must(storage_->hasBlob(blob)));
  must(storage_->putBlob(blob, "hello"));
  must(storage_->putBlob(blob, "hello"));
  EXPECT_TRUE(must(storage_->hasBlob(blob)));
  EXPECT_EQ(must(readBlob(*storage_, blob, 100)), "hello");
  EXPECT_FAULT(readBlob(*storage_, blob, 4), FaultKind::Invalid);
  EXPECT_FAULT(readBlob(*storage_, describe("absent", "x"), 100), FaultKind::NotFound);
  auto streamed = must(storage_->putStream([](ByteSink& sink) { return sink.write("streamed"); }));
  EXPECT_EQ(streamed.digest, digestOf("streamed"));
  EXPECT_EQ(streamed.size, 8u);
  EXPECT_EQ(must(readBlob(*storage_, streamed, 100)), "streamed");
}

TEST_P(CacheStorageTest, TheRootIsWhatWasWrittenLast) {
  EXPECT_FALSE(must(storage_->root()).has_value());
  CacheIndex index = addition("one");
  must(storage_->replaceRoot(index.print(), std::nullopt));
  auto root = must(storage_->root());
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->text, index.print());
  EXPECT_EQ(root->digest, digestOf(root->text));
  index.merge(addition("two"));
  must(storage_->replaceRoot(index.print(), root->digest));
  EXPECT_EQ(must(storage_->root())->text, index.print());
  EXPECT_EQ(must(storage_->manifest(digestOf(index.print()))), index.print());
}

TEST_P(CacheStorageTest, AdditionsMeet) {
  Publisher first(*storage_, cancel_);
  must(first.add(addition("one"), asItIs));
  must(first.confirm());
  Publisher second(*storage_, cancel_);
  CacheIndex seen = must(second.read());
  EXPECT_TRUE(seen.hasPack(digestOf("one")));
  must(second.add(addition("two"), asItIs));
  must(second.confirm());
  CacheIndex both = must(Publisher(*storage_, cancel_).read());
  EXPECT_TRUE(both.hasPack(digestOf("one")));
  EXPECT_TRUE(both.hasPack(digestOf("two")));
}

/// The worst case: everybody has read the same when the first one writes.
TEST_P(CacheStorageTest, NobodyLosesWhatEightWriteAtOnce) {
  constexpr int kWriters = 8;
  std::vector<CacheIndex> additions;
  for (int i = 0; i < kWriters; ++i) additions.push_back(addition("pack " + std::to_string(i)));
  std::vector<std::thread> writers;
  std::atomic<int> ready{0};
  for (int i = 0; i < kWriters; ++i)
    writers.emplace_back([&, i] {
      registry::Client client(cancel_);
      auto storage = must(openCacheStorage(place_, client, /*forWriting=*/true));
      Publisher publisher(*storage, cancel_);
      must(publisher.read());
      for (++ready; ready < kWriters;) std::this_thread::yield();
      must(publisher.add(additions[size_t(i)], asItIs));
      must(publisher.confirm());
    });
  for (std::thread& writer : writers) writer.join();
  CacheIndex all = must(Publisher(*storage_, cancel_).read());
  EXPECT_EQ(all.packs.size(), size_t(kWriters));
  for (const CacheIndex& one : additions) EXPECT_TRUE(all.covers(one));
}

TEST_P(CacheStorageTest, WhatIsNoCacheIsReplaced) {
  layerfs::Manifest image;
  put("{}");
  image.config = describe("{}", layerfs::media::kOciConfig);
  must(storage_->replaceRoot(layerfs::printManifest(image), std::nullopt));
  Publisher publisher(*storage_, cancel_);
  EXPECT_THAT(must(publisher.read()).packs, IsEmpty());
  must(publisher.add(addition("one"), asItIs));
  must(publisher.confirm());
  EXPECT_EQ(must(Publisher(*storage_, cancel_).read()).packs.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Every, CacheStorageTest, ::testing::Values(CacheType::Registry, CacheType::Local),
                         [](const auto& info) { return info.param == CacheType::Local ? "Local" : "Registry"; });

class LocalCacheTest : public CacheStorageTest {};
INSTANTIATE_TEST_SUITE_P(Only, LocalCacheTest, ::testing::Values(CacheType::Local));

TEST_P(LocalCacheTest, COUT_6_IsAnImageLayoutWithATagForEachCache) {
  must(Publisher(*storage_, cancel_).add(addition("one"), asItIs));
  place_.tag = "other";
  storage_ = open();
  must(Publisher(*storage_, cancel_).add(addition("two"), asItIs));
  EXPECT_TRUE(pathExists(place_.directory + "/oci-layout"));
  auto index = must(layerfs::parseIndex(must(readFile(place_.directory + "/index.json"))));
  ASSERT_EQ(index.manifests.size(), 2u);
  EXPECT_EQ(index.manifests[0].annotations["org.opencontainers.image.ref.name"], "latest");
  EXPECT_EQ(index.manifests[1].annotations["org.opencontainers.image.ref.name"], "other");
  place_.digest = index.manifests[0].digest;
  EXPECT_TRUE(must(CacheIndex::parse(must(open()->root())->text)).hasPack(digestOf("one")));
}

TEST_P(LocalCacheTest, COUT_6_ResetLeavesWhatATagLeadsTo) {
  must(Publisher(*storage_, cancel_).add(addition("one"), asItIs));
  layerfs::Descriptor stray = put("stray");
  must(dropUnreferencedBlobs(place_.directory));
  EXPECT_FALSE(must(storage_->hasBlob(stray)));
  EXPECT_TRUE(must(storage_->hasBlob(describe("one layer", "x"))));
  EXPECT_TRUE(must(CacheIndex::parse(must(storage_->root())->text)).hasPack(digestOf("one")));
}

TEST_P(LocalCacheTest, AChangedByteIsNoticed) {
  layerfs::Descriptor blob = put("hello");
  testing::writeFile(place_.directory + "/blobs/sha256/" + blob.digest.hex(), "jello");
  EXPECT_FAULT(readBlob(*storage_, blob, 100), FaultKind::Corrupt);
}

TEST_P(LocalCacheTest, ARootThatChangedMeanwhileIsNotReplaced) {
  CacheIndex index = addition("one");
  must(storage_->replaceRoot(index.print(), std::nullopt));
  EXPECT_FAULT(storage_->replaceRoot(index.print(), std::nullopt), FaultKind::Exists);
  EXPECT_FAULT(storage_->replaceRoot(index.print(), digestOf("another")), FaultKind::Exists);
}

}  // namespace

}  // namespace strata::builder
