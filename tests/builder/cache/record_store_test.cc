#include "builder/cache/record_store.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;

class RecordStoreTest : public ::testing::Test {
protected:
  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/strata.db"));
  std::unique_ptr<RecordStore> records_ = must(RecordStore::open(*database_));
  CacheRecord record_{.key = digestOf("key"), .layer = {7}, .created = 100, .duration = 5, .tree = digestOf("tree")};
};

TEST_F(RecordStoreTest, AMissIsAnAnswer) {
  EXPECT_FALSE(must(records_->find(digestOf("nothing"))).has_value());
  EXPECT_FALSE(must(records_->findByAlias(digestOf("nothing"))).has_value());
}

TEST_F(RecordStoreTest, ARecordIsFoundByKeyAndByAlias) {
  must(records_->put(record_));
  must(records_->putAlias(digestOf("alias"), record_.key));
  EXPECT_EQ(must(records_->find(record_.key))->layer.value, 7);
  std::optional<CacheRecord> found = must(records_->findByAlias(digestOf("alias")));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->created, 100);
  EXPECT_EQ(found->tree, digestOf("tree"));
  EXPECT_EQ(found->facts, Digest());
}

TEST_F(RecordStoreTest, RemovingARecordTakesItsAliasesAlong) {
  must(records_->put(record_));
  must(records_->putAlias(digestOf("alias"), record_.key));
  must(records_->remove(record_.key));
  EXPECT_FALSE(must(records_->findByAlias(digestOf("alias"))).has_value());
}

TEST_F(RecordStoreTest, AnOutputIsTheKeyUnlessItIsNamed) {
  must(records_->put(record_));
  EXPECT_EQ(must(records_->find(record_.key))->outputOrKey(), record_.key);
  record_.output = digestOf("earlier");
  must(records_->put(record_));
  EXPECT_EQ(must(records_->find(record_.key))->outputOrKey(), digestOf("earlier"));
}

TEST_F(RecordStoreTest, AnOldLayerTakenTodayIsNotPrunedAsUnused) {
  must(records_->put(record_, /*used=*/500));
  EXPECT_EQ(must(records_->prune(200)), 0u);
}

TEST_F(RecordStoreTest, PruneByLastUseSparesWhatWasTouched) {
  must(records_->put(record_));
  must(records_->put({.key = digestOf("other"), .layer = {8}, .created = 100}));
  must(records_->touch({record_.key}, 500));
  EXPECT_EQ(must(records_->prune(200)), 1u);
  EXPECT_TRUE(must(records_->find(record_.key)).has_value());
  EXPECT_EQ(must(records_->layers()).size(), 1u);
  EXPECT_EQ(must(records_->prune({})), 1u);
  EXPECT_EQ(must(records_->count()), 0u);
}

TEST_F(RecordStoreTest, TheTimeFirstSeenStays) {
  EXPECT_EQ(must(records_->firstSeen(digestOf("x"), 10)), 10);
  EXPECT_EQ(must(records_->firstSeen(digestOf("x"), 20)), 10);
}

}  // namespace
}  // namespace strata::builder
