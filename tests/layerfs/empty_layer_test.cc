#include "layerfs/empty_layer.h"

#include "tests/layerfs/layer_trees.h"
#include "tests/support/testing.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace strata::layerfs {
namespace {
using testing::must;
using testing::shell;
using testing::StoreInDirectory;

TEST(EmptyLayer, IsTheTarOfNoEntries) {
  EXPECT_EQ(emptyDiffId().digest.str(), "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
  StoreInDirectory store;
  auto layer = must(store.layers->emptyLayer());
  EXPECT_EQ(must(layer->tarIdentity()).diffId, emptyDiffId());
  EXPECT_EQ(layer->form(), LayerForm::Tar);
  EXPECT_TRUE(must(holdsNothing(*layer)));
  EXPECT_EQ(must(store.layers->emptyLayer()), layer);
  LayerId id = layer->id();
  layer.reset();
  EXPECT_EQ(must(store.layers->emptyLayer())->id(), id);
}

TEST(EmptyLayer, OneThatChangesTheRootIsNotTakenForIt) {
  StoreInDirectory store;
  auto closed = store.publish("chmod 0700 .");
  EXPECT_FALSE(must(holdsNothing(*closed)));
  EXPECT_EQ(must(closed->tarIdentity()).diffId, emptyDiffId());  // tars do not say what / is
  EXPECT_EQ(must(store.layers->emptyLayer()), nullptr);
}

TEST(EmptyLayer, IsMadeAgainWhenItIsGone) {
  StoreInDirectory store;
  LayerId id = must(store.layers->emptyLayer())->id();
  must(store.layers->remove(id));
  EXPECT_TRUE(must(holdsNothing(*must(store.layers->emptyLayer()))));
}

TEST(HoldsNothing, IsToldOfLayersAndDirectories) {
  StoreInDirectory store;
  auto expect = [&](const std::string& script, bool nothing) {
    auto draft = must(store.layers->makeDraft());
    shell("cd " + draft.upper() + "\n" + script);
    EXPECT_EQ(must(holdsNothing(draft.upper())), nothing) << script;
    EXPECT_EQ(must(holdsNothing(*store.publish(std::move(draft)))), nothing) << script;
  };
  expect("true", true);
  expect("touch file; rm file; touch -d 2001-01-01 .", true);
  expect("mkdir directory", false);
  expect("touch .hidden", false);
  expect("ln -s nowhere link", false);
  expect("chmod 0700 .", false);
  expect("chmod 1755 .", false);
  SKIP_UNLESS_ROOT();
  expect("chown 1:0 .", false);
  expect("chown 0:1 .", false);
  expect("mknod gone c 0 0", false);
  auto draft = must(store.layers->makeDraft());
  ASSERT_EQ(::setxattr(draft.upper().c_str(), "trusted.of-root", "1", 1, 0), 0);
  EXPECT_FALSE(must(holdsNothing(draft.upper())));
  draft = must(store.layers->makeDraft());
  ASSERT_EQ(::setxattr(draft.upper().c_str(), "trusted.overlay.opaque", "y", 1, 0), 0);
  EXPECT_FALSE(must(holdsNothing(draft.upper())));
}

}  // namespace
}  // namespace strata::layerfs
