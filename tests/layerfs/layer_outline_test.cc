#include "layerfs/layer_outline.h"

#include "layer_trees.h"
#include "streams.h"

#include "layerfs/outline_tail.h"
#include "support/fault.h"

#include <sys/xattr.h>

namespace strata::layerfs::testing {
namespace {

class LayerOutlineTest : public ::testing::Test {
protected:
  void SetUp() override {
    SKIP_UNLESS_ROOT();
    outlines_ = must(LayerOutlines::open(*store_.database, *store_.layers));
  }
  std::string outlineOf(Layer& layer) {
    StringSink sink;
    must(writeOutline(layer, sink));
    return sink.text;
  }
  std::shared_ptr<Layer> remote(const std::string& name) {
    return must(store_.layers->addRemote(DiffId{digestOf(name)}, {}, std::nullopt));
  }

  StoreInDirectory store_;
  std::unique_ptr<LayerOutlines> outlines_;
};

TEST_F(LayerOutlineTest, HasEverythingButWhatIsInFiles) {
  StoreInDirectory other;
  auto layer = other.publish(
      "mkdir -m 1777 d; head -c 1000000 /dev/zero > d/big; ln -s big d/link; ln d/big hard; mknod gone c 0 0;"
      "chown 7:8 d/big; setfattr -n user.k -v v d; touch -d @5 d");
  std::string tar = outlineOf(*layer);
  EXPECT_LT(tar.size(), 20'000u);
  StringSource source(tar);
  auto outline = must(store_.layers->addTar(source));
  Collected whole, hollow;
  must(layer->walk(whole));
  must(outline->walk(hollow));
  EXPECT_EQ(hollow.paths(), whole.paths());
  auto directory = must(outline->directory());
  struct stat status;
  ASSERT_EQ(::lstat((directory.path + "/d/big").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 0);
  EXPECT_EQ(status.st_uid, 7u);
  EXPECT_EQ(status.st_gid, 8u);
  ASSERT_EQ(::lstat((directory.path + "/d").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 01777u);
  EXPECT_EQ(status.st_mtim.tv_sec, 5);
  char text[16] = "";
  EXPECT_EQ(::readlink((directory.path + "/d/link").c_str(), text, sizeof(text)), 3);
  EXPECT_EQ(::getxattr((directory.path + "/d").c_str(), "user.k", text, sizeof(text)), 1);
}

TEST_F(LayerOutlineTest, StandsInForALayerThatIsElsewhere) {
  StoreInDirectory other;
  std::string tar = outlineOf(*other.publish("mkdir app; echo x > app/f"));
  auto here = store_.publish("echo here > h");
  auto known = remote("known"), unknown = remote("unknown");
  StringSource source(tar);
  must(outlines_->put(DiffId{digestOf("known")}, source));
  EXPECT_TRUE(must(outlines_->contains(DiffId{digestOf("known")})));
  EXPECT_FALSE(must(outlines_->contains(DiffId{digestOf("unknown")})));

  auto stack = must(outlines_->standIns({here, known, unknown}));
  ASSERT_EQ(stack.size(), 3u);
  EXPECT_EQ(stack[0], here);
  EXPECT_TRUE(pathExists(must(stack[1]->directory()).path + "/app/f"));
  EXPECT_EQ(stack[2], unknown);
  EXPECT_EQ(must(outlines_->inUse()), std::vector{stack[1]->id()});
}

TEST_F(LayerOutlineTest, OneThatWasRemovedIsNone) {
  StoreInDirectory other;
  std::string tar = outlineOf(*other.publish("echo x > f"));
  auto layer = remote("known");
  StringSource source(tar);
  must(outlines_->put(DiffId{digestOf("known")}, source));
  must(store_.layers->remove(must(outlines_->inUse()).at(0)));
  EXPECT_FALSE(must(outlines_->contains(DiffId{digestOf("known")})));
  EXPECT_EQ(must(outlines_->standIns({layer}))[0], layer);
}

/// Gives the end of one blob.
class EndSource : public LayerSource {
public:
  llvm::Expected<std::unique_ptr<ByteSource>> open(const LayerBlob&) override {
    return fault(FaultKind::Unavailable, "nobody is to read all of it");
  }
  llvm::Expected<std::unique_ptr<ByteSource>> openEnd(const LayerBlob&, uint64_t begin, const Digest&) override {
    ++asked;
    if (end.empty()) return fault(FaultKind::Unavailable, "nobody answers");
    EXPECT_EQ(begin, 1000u);
    return std::make_unique<StringSource>(end);
  }
  std::string end;
  int asked = 0;
};

TEST_F(LayerOutlineTest, ComesFromTheEndOfTheLayersOwnBlob) {
  StoreInDirectory other;
  EndSource source;
  store_.layers->setSource(&source);
  std::string tail = must(makeOutlineTail(*other.publish("mkdir app; echo x > app/f"), Compression::Gzip));
  Descriptor told{.mediaType = media::kOciLayerGzip.str(), .digest = digestOf("blob"), .size = 1000 + tail.size()};
  Descriptor plain = told;
  noteOutlineTail(told, tail);
  auto layer = must(store_.layers->addRemote(DiffId{digestOf("layer")}, LayerBlob{told, "place"}, told));
  auto without = must(store_.layers->addRemote(DiffId{digestOf("layer")}, LayerBlob{plain, "place"}, plain));
  ASSERT_NE(layer->id(), without->id());
  EXPECT_FALSE(must(outlines_->bringCarried(*layer))) << "nobody answers";
  source.end = tail;
  EXPECT_TRUE(must(outlines_->bringCarried(*layer)));
  EXPECT_TRUE(must(outlines_->bringCarried(*layer)));
  EXPECT_EQ(source.asked, 2);
  EXPECT_FALSE(must(outlines_->bringCarried(*without)));

  auto stack = must(outlines_->standIns({layer, without}));
  EXPECT_TRUE(pathExists(must(stack[0]->directory()).path + "/app/f"));
  EXPECT_EQ(stack[1], without) << "what one manifest says is nothing to another";
  EXPECT_EQ(must(outlines_->inUse()), std::vector{stack[0]->id()});
}

TEST_F(LayerOutlineTest, WhatIsNoTarIsRefused) {
  std::string junk(5000, 'x');
  StringSource source(junk);
  EXPECT_FAULT(outlines_->put(DiffId{digestOf("known")}, source), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::layerfs::testing
