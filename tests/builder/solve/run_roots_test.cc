#include "builder/solve/run_roots.h"

#include "layerfs/store.h"
#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::makeTempDir;
using testing::must;

/// Layers of a real store, and roots whose drafts tell them apart.
class RunRootsTest : public ::testing::Test {
protected:
  std::shared_ptr<layerfs::Layer> makeLayer() {
    return must(store_->layers().publish(must(store_->layers().makeDraft())));
  }
  std::string keep(const RunRoots::Layers& layers) {
    RunRoot root{must(store_->layers().makeDraft()), nullptr};
    std::string upper = root.draft.upper();
    roots_.keep(layers, std::move(root));
    return upper;
  }
  std::string take(const RunRoots::Layers& layers) {
    auto root = roots_.take(layers);
    return root ? root->draft.upper() : "none";
  }

  TempDir directory_ = makeTempDir();
  std::unique_ptr<layerfs::Store> store_ = must(layerfs::Store::open({.root = directory_.path()}));
  RunRoots roots_;
  std::shared_ptr<layerfs::Layer> one_ = makeLayer(), two_ = makeLayer();
};

TEST_F(RunRootsTest, ARootIsGivenOnceAndForItsLayersAlone) {
  std::string upper = keep({one_, two_});
  EXPECT_EQ(take({one_}), "none");
  EXPECT_EQ(take({two_, one_}), "none");
  EXPECT_EQ(take({one_, two_, one_}), "none");
  EXPECT_EQ(take({one_, two_}), upper);
  EXPECT_EQ(take({one_, two_}), "none");
}

TEST_F(RunRootsTest, ALayerThatFollowsItselfAddsNothing) {
  std::string upper = keep({one_, two_, two_});
  EXPECT_EQ(take({one_, two_, two_, two_}), upper);
}

TEST_F(RunRootsTest, TheOldestGivesWay) {
  std::string first = keep({one_}), second = keep({two_});
  for (int i = 0; i < 6; ++i) keep({two_, one_});
  EXPECT_TRUE(pathExists(first));
  keep({one_, two_});
  EXPECT_FALSE(pathExists(first));
  EXPECT_EQ(take({one_}), "none");
  EXPECT_EQ(take({two_}), second);
}

}  // namespace
}  // namespace strata::builder
