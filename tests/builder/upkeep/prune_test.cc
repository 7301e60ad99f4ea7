#include "builder/upkeep/prune.h"

#include "layerfs/layer_outline.h"
#include "layerfs/layer_tar.h"
#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;

std::string tarOfOneFile() {
  StringSink sink;
  layerfs::LayerTarWriter tar(sink);
  StringSource content("hello");
  must(tar.add({.path = "file", .kind = layerfs::EntryKind::File, .mode = 0644, .size = 5}, &content));
  must(tar.finish());
  return sink.text;
}

/// A sweep keeps them, so prune must not say that they go.
TEST(Prune, OutlinesOfLayersThatAreElsewhereAreNoLeftovers) {
  TempDir directory = testing::makeTempDir();
  auto store = must(layerfs::Store::open({.root = directory.path() + "/store", .snapshotter = {}, .layerForm = {}}));
  layerfs::DiffId diffId{digestOf("layer")};
  layerfs::LayerBlob blob{{.mediaType = layerfs::media::kOciLayer.str(), .digest = diffId.digest, .size = 4096}, "/x"};
  must(store->layers().addRemote(diffId, blob, blob.descriptor));
  std::string tar = tarOfOneFile();
  StringSource outline(tar);
  must(store->outlines().put(diffId, outline));
  auto leftovers = [&] {
    auto outcome = must(prune(*store, {.dryRun = true}, [] {}));
    uint64_t bytes = 0;
    for (const Pruned& one : outcome.gone)
      if (one.kind == "leftover") bytes += one.bytes;
    return bytes;
  };
  EXPECT_EQ(leftovers(), 0u);
  StringSource other(tar = tarOfOneFile() + std::string(1024, '\0'));
  must(store->layers().addTar(other));
  EXPECT_GT(leftovers(), 0u) << "a layer that nobody names is one";
}

}  // namespace
}  // namespace strata::builder
