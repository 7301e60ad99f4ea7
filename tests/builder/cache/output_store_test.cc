#include "builder/cache/output_store.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;

class OutputStoreTest : public ::testing::Test {
protected:
  void put(llvm::StringRef key, int64_t layer, llvm::ArrayRef<Digest> scopes, int64_t now) {
    must(records_->put({.key = digestOf(key), .layer = {layer}, .created = 100}));
    must(outputs_->note(digestOf(key), scopes, now));
  }
  std::vector<int64_t> layersOf(const Digest& scope, size_t limit = 10) {
    std::vector<int64_t> layers;
    for (const CacheRecord& record : must(outputs_->find(scope, limit))) layers.push_back(record.layer.value);
    return layers;
  }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/strata.db"));
  std::unique_ptr<RecordStore> records_ = must(RecordStore::open(*database_));
  std::unique_ptr<OutputStore> outputs_ = must(OutputStore::open(*database_));
  Digest here_ = digestOf("here"), there_ = digestOf("there");
};

TEST_F(OutputStoreTest, RecordsOfAScopeComeNewestFirst) {
  put("a", 1, {here_, there_}, 10);
  put("b", 2, {here_}, 30);
  put("c", 3, {here_}, 20);
  EXPECT_THAT(layersOf(here_), ::testing::ElementsAre(2, 3, 1));
  EXPECT_THAT(layersOf(here_, 2), ::testing::ElementsAre(2, 3));
  EXPECT_THAT(layersOf(there_), ::testing::ElementsAre(1));
  EXPECT_TRUE(must(outputs_->belongs(digestOf("a"), there_)));
  EXPECT_FALSE(must(outputs_->belongs(digestOf("b"), there_)));
}

TEST_F(OutputStoreTest, ARecordLeavesItsScopesWhenItGoes) {
  put("a", 1, {here_}, 10);
  must(records_->remove(digestOf("a"), {}));
  EXPECT_THAT(layersOf(here_), ::testing::IsEmpty());
}

TEST_F(OutputStoreTest, TreesAreKeptAsTheyAreFoundOut) {
  put("a", 1, {here_}, 10);
  put("b", 2, {here_}, 20);
  EXPECT_EQ(must(outputs_->trees({1})).shape, Digest());
  must(outputs_->putTrees({1}, {.shape = digestOf("shape")}));
  must(outputs_->putTrees({1}, {.content = digestOf("content")}));
  OutputTrees trees = must(outputs_->trees({1}));
  EXPECT_EQ(trees.shape, digestOf("shape"));
  EXPECT_EQ(trees.content, digestOf("content"));
  std::vector<CacheRecord> alike = must(outputs_->findOfShape(here_, digestOf("shape"), 5));
  ASSERT_EQ(alike.size(), 1u);
  EXPECT_EQ(alike[0].layer.value, 1);
}

TEST_F(OutputStoreTest, TreesGoWithTheLastRecordOfTheirLayer) {
  put("a", 1, {here_}, 10);
  put("b", 1, {here_}, 20);
  must(outputs_->putTrees({1}, {.shape = digestOf("shape")}));
  must(records_->remove(digestOf("a"), {}));
  must(outputs_->prune());
  EXPECT_EQ(must(outputs_->trees({1})).shape, digestOf("shape"));
  must(records_->remove(digestOf("b"), {}));
  must(outputs_->prune());
  EXPECT_EQ(must(outputs_->trees({1})).shape, Digest());
}

}  // namespace
}  // namespace strata::builder
