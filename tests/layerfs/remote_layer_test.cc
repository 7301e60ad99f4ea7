#include "layer_trees.h"
#include "streams.h"

#include "layerfs/compression.h"
#include "layerfs/layer_blobs.h"
#include "layerfs/outline_tail.h"
#include "support/fault.h"

#include <map>
#include <thread>

namespace strata::layerfs::testing {
namespace {

/// Blobs by place, and who asked for them.
class MapSource : public LayerSource {
public:
  llvm::Expected<std::unique_ptr<ByteSource>> open(const LayerBlob& blob) override {
    std::lock_guard lock(mutex_);
    ++asked[blob.place];
    auto found = blobs.find(blob.place);
    if (found == blobs.end()) return fault(FaultKind::NotFound, "no such blob");
    if (found->second.empty()) return fault(FaultKind::Unavailable, "nobody answers");
    return std::make_unique<StringSource>(found->second);
  }
  llvm::Expected<std::unique_ptr<ByteSource>> openEnd(const LayerBlob&, uint64_t, const Digest&) override {
    return fault(FaultKind::Unsupported, "whole blobs only");
  }
  std::map<std::string, std::string> blobs;
  std::map<std::string, int> asked;

private:
  std::mutex mutex_;
};

class RemoteLayerTest : public ::testing::Test {
protected:
  void SetUp() override {
    SKIP_UNLESS_ROOT();
    StoreInDirectory other;
    auto layer = other.publish("mkdir d; echo hello > d/f; mknod gone c 0 0");
    StringSink sink;
    must(layer->writeTar(sink));
    tar_ = sink.text;
    diffId_ = DiffId{digestOf(tar_)};
    StringSink packed;
    auto compressor = makeCompressor({.kind = Compression::Gzip, .level = {}}, packed);
    must(compressor->write(tar_));
    must(compressor->finish());
    gzip_ = packed.text;
    store_.layers->setSource(&source_);
  }
  LayerBlob at(const std::string& place) {
    return {{.mediaType = media::kOciLayerGzip.str(), .digest = digestOf(gzip_), .size = gzip_.size()}, place};
  }
  std::shared_ptr<Layer> add(const std::vector<LayerBlob>& blobs, bool made = false) {
    return must(store_.layers->addRemote(diffId_, blobs, made ? std::nullopt : std::optional(at("").descriptor)));
  }

  StoreInDirectory store_;
  MapSource source_;
  std::string tar_, gzip_;
  DiffId diffId_;
};

TEST_F(RemoteLayerTest, IsNotBroughtUntilSomebodyReadsIt) {
  source_.blobs["one"] = gzip_;
  auto layer = add({at("one")});
  EXPECT_EQ(layer->form(), LayerForm::Remote);
  EXPECT_EQ(must(layer->tarIdentity()).diffId, diffId_);
  EXPECT_EQ(must(layer->descriptor()).digest, digestOf(gzip_));
  must(layer->verify());
  EXPECT_TRUE(source_.asked.empty());
  EXPECT_EQ(must(readFile(must(layer->directory()).path + "/d/f")), "hello\n");
  EXPECT_EQ(layer->form(), LayerForm::Tar);
  EXPECT_EQ(must(layer->tarIdentity()).size, tar_.size());
  EXPECT_EQ(must(layer->descriptor()).digest, digestOf(gzip_)) << "manifests stay what they are";
  EXPECT_EQ(source_.asked["one"], 1);
}

TEST_F(RemoteLayerTest, EveryWayOfReadingBringsIt) {
  source_.blobs["one"] = gzip_;
  for (int way = 0; way < 4; ++way) {
    auto layer = add({at("one")});
    StringSink tar;
    Collected seen;
    if (way == 0) must(layer->writeTar(tar));
    if (way == 1) must(layer->walk(seen));
    if (way == 2) must(layer->reader());
    if (way == 3) must(layer->bring());
    EXPECT_TRUE(way != 0 || digestOf(tar.text) == diffId_.digest);
    EXPECT_EQ(layer->form(), LayerForm::Tar);
    must(store_.layers->remove(layer->id()));
  }
  EXPECT_EQ(source_.asked["one"], 4);
}

TEST_F(RemoteLayerTest, StaysRemoteForTheNextProcess) {
  source_.blobs["one"] = gzip_;
  LayerId id = add({at("one")})->id();
  auto layer = must(store_.layers->load(id));
  EXPECT_EQ(layer->form(), LayerForm::Remote);
  EXPECT_EQ(must(layer->descriptor()).mediaType, media::kOciLayerGzip);
  must(layer->bring());
  layer.reset();
  EXPECT_EQ(must(store_.layers->load(id))->form(), LayerForm::Tar);
}

TEST_F(RemoteLayerTest, TheNextPlaceIsAskedWhereOneFails) {
  source_.blobs["down"] = "";
  source_.blobs["wrong"] = "no layer at all";
  source_.blobs["good"] = gzip_;
  auto layer = add({at("good"), at("wrong"), at("down"), at("gone")});
  must(layer->bring());
  auto left = must(store_.layers->blobs().find(diffId_));
  EXPECT_EQ(left.size(), 3u) << "what is gone is forgotten";
}

TEST_F(RemoteLayerTest, AnotherLayersBytesAreRefused) {
  StoreInDirectory other;
  StringSink sink;
  must(other.publish("echo other > f")->writeTar(sink));
  source_.blobs["one"] = sink.text;
  auto layer = add({at("one")});
  auto error = layer->bring();
  EXPECT_EQ(kindOf(error), FaultKind::Corrupt);
  EXPECT_THAT(messageOf(std::move(error)), ::testing::HasSubstr("from one: layer " + diffId_.digest.str()));
  EXPECT_EQ(layer->form(), LayerForm::Remote);
  EXPECT_TRUE(store_.layers->contains(layer->id()));
}

TEST_F(RemoteLayerTest, WhatCanBeMadeAgainIsDroppedWhereNobodyHasIt) {
  auto layer = add({at("gone")}, /*made=*/true);
  EXPECT_EQ(kindOf(layer->bring()), FaultKind::Corrupt);
  EXPECT_FALSE(store_.layers->contains(layer->id()));
}

TEST_F(RemoteLayerTest, WhatCanBeMadeAgainStaysWhereAPlaceMayStillHaveIt) {
  source_.blobs["down"] = "";
  source_.blobs["wrong"] = "no layer at all";
  for (const std::vector<LayerBlob>& places :
       {std::vector{at("down")}, {at("down"), at("gone")}, {at("wrong"), at("down")}}) {
    uint64_t before = store_.layers->unreached();
    auto layer = add(places, /*made=*/true);
    EXPECT_FAULT(layer->bring(), FaultKind::Unavailable);
    EXPECT_TRUE(store_.layers->contains(layer->id()));
    EXPECT_EQ(store_.layers->unreached(), before + 1);
    must(store_.layers->remove(layer->id()));
  }
}

TEST_F(RemoteLayerTest, OfSeveralPlacesOneThatMayStillGiveItDecides) {
  source_.blobs["down"] = "";
  source_.blobs["wrong"] = "no layer at all";
  EXPECT_FAULT(add({at("down"), at("gone"), at("wrong")})->bring(), FaultKind::Unavailable);
  StoreInDirectory other;
  other.layers->setSource(&source_);
  auto elsewhere = must(other.layers->addRemote(diffId_, {at("gone"), at("wrong")}, at("").descriptor));
  EXPECT_FAULT(elsewhere->bring(), FaultKind::Corrupt);
}

TEST_F(RemoteLayerTest, ABlobIsVerifiedOnceItWasCompared) {
  source_.blobs["one"] = source_.blobs["two"] = gzip_;
  auto layer = add({at("one"), at("two")});
  for (const LayerBlob& blob : must(store_.layers->blobs().find(diffId_))) EXPECT_FALSE(blob.verified);
  must(layer->bring());
  auto blobs = must(store_.layers->blobs().find(diffId_));
  ASSERT_EQ(blobs.size(), 2u);
  for (const LayerBlob& blob : blobs) EXPECT_TRUE(blob.verified) << blob.place;
}

TEST_F(RemoteLayerTest, VerifiedIsNotTakenBack) {
  LayerBlob blob = at("one");
  blob.verified = true;
  must(store_.layers->blobs().put(diffId_, blob));
  blob.verified = false;
  blob.descriptor.mediaType = media::kOciLayerZstd.str();
  must(store_.layers->blobs().put(diffId_, blob));
  auto kept = must(store_.layers->blobs().find(diffId_));
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_TRUE(kept[0].verified);
  EXPECT_EQ(kept[0].descriptor.mediaType, media::kOciLayerGzip);
}

TEST_F(RemoteLayerTest, OfWhatIsHereOnlyItsOwnOutlineIsBelieved) {
  StoreInDirectory other;
  StringSource tar(tar_);
  std::string tail = must(makeOutlineTail(*must(other.layers->addTar(tar)), Compression::Gzip));
  gzip_ += tail;
  source_.blobs["one"] = gzip_;
  for (bool lies : {true, false}) {
    StoreInDirectory store;
    store.layers->setSource(&source_);
    LayerBlob blob = at("one");
    noteOutlineTail(blob.descriptor, lies ? "something else" : tail);
    auto layer = must(store.layers->addRemote(diffId_, blob, blob.descriptor));
    EXPECT_FALSE(outlineTailOf(must(store.layers->blobs().find(diffId_)).at(0).descriptor)) << "nobody has seen it";
    EXPECT_TRUE(outlineTailOf(*layer->toldBlob()));
    must(layer->bring());
    for (const auto& each : {layer, must(store.layers->load(layer->id()))})
      EXPECT_EQ(outlineTailOf(*each->toldBlob()).has_value(), !lies);
    auto known = outlineTailOf(must(store.layers->blobs().find(diffId_)).at(0).descriptor);
    EXPECT_EQ(known.has_value(), !lies);
  }
}

TEST_F(RemoteLayerTest, WhatOneManifestSaysIsNothingToAnother) {
  LayerBlob other{{.mediaType = media::kOciLayerGzip.str(), .digest = digestOf("other"), .size = 5}, "two"};
  auto first = add({at("one")});
  auto second = must(store_.layers->addRemote(diffId_, other, other.descriptor));
  auto ofCache = must(store_.layers->addRemote(diffId_, other, std::nullopt, tar_.size()));
  EXPECT_NE(first->id(), second->id());
  EXPECT_NE(second->id(), ofCache->id());
  EXPECT_EQ(must(first->descriptor()).digest, digestOf(gzip_));
  EXPECT_EQ(must(second->descriptor()).digest, other.descriptor.digest);
  EXPECT_EQ(must(ofCache->descriptor()).digest, diffId_.digest);
  EXPECT_EQ(ofCache->toldBlob()->digest, other.descriptor.digest);
  EXPECT_EQ(add({at("one")})->id(), first->id()) << "told the same again";
}

TEST_F(RemoteLayerTest, ASizeThatNobodyKnewIsLearnt) {
  auto layer = must(store_.layers->addRemote(diffId_, at("one"), std::nullopt));
  LayerId id = layer->id();
  EXPECT_EQ(must(layer->tarIdentity()).size, 0u);
  must(store_.layers->addRemote(diffId_, at("one"), std::nullopt, tar_.size()));
  EXPECT_EQ(must(layer->tarIdentity()).size, tar_.size());
  layer.reset();
  EXPECT_EQ(must(must(store_.layers->load(id))->tarIdentity()).size, tar_.size());
}

TEST_F(RemoteLayerTest, ABuiltLayerIsNotTheContentOfWhatAManifestNames) {
  auto pulled = add({at("gone")});
  StringSource tar(tar_);
  auto built = must(store_.layers->addTar(tar, diffId_));
  EXPECT_NE(built->id(), pulled->id());
  EXPECT_EQ(must(built->descriptor()).digest, diffId_.digest);
}

TEST_F(RemoteLayerTest, ABuiltLayerWithTheSameBytesIsItsContent) {
  auto layer = add({at("gone")}, /*made=*/true);
  StringSource tar(tar_);
  EXPECT_EQ(must(store_.layers->addTar(tar, diffId_))->id(), layer->id());
  EXPECT_EQ(layer->form(), LayerForm::Tar);
  EXPECT_EQ(must(readFile(must(layer->directory()).path + "/d/f")), "hello\n");
  EXPECT_TRUE(source_.asked.empty());
}

TEST_F(RemoteLayerTest, AKnownLayerTakesTheBlobsAlone) {
  StringSource tar(tar_);
  auto known = must(store_.layers->addTar(tar));
  EXPECT_EQ(add({at("one")})->id(), known->id());
  EXPECT_EQ(known->form(), LayerForm::Tar);
  EXPECT_EQ(must(store_.layers->blobs().find(diffId_)).size(), 1u);
}

TEST_F(RemoteLayerTest, TwoWhoReadAtOnceBringItOnce) {
  source_.blobs["one"] = gzip_;
  auto layer = add({at("one")});
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) readers.emplace_back([&] { must(layer->reader()); });
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(source_.asked["one"], 1);
}

TEST_F(RemoteLayerTest, WithoutASourceItSaysSo) {
  store_.layers->setSource(nullptr);
  auto error = add({at("one")})->bring();
  EXPECT_EQ(kindOf(error), FaultKind::Unavailable);
  llvm::consumeError(std::move(error));
}

TEST_F(RemoteLayerTest, BlobsOfUnknownLayersAreForgotten) {
  auto layer = add({at("one"), at("two")});
  must(store_.layers->blobs().prune());
  EXPECT_EQ(must(store_.layers->blobs().find(diffId_)).size(), 2u);
  must(store_.layers->remove(layer->id()));
  must(store_.layers->blobs().prune());
  EXPECT_TRUE(must(store_.layers->blobs().find(diffId_)).empty());
}

}  // namespace
}  // namespace strata::layerfs::testing
