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
  must(records_->remove(record_.key, {}));
  EXPECT_FALSE(must(records_->findByAlias(digestOf("alias"))).has_value());
}

TEST_F(RecordStoreTest, ARemovedRecordLeavesANoteUntilItIsThereAgain) {
  must(records_->put(record_));
  EXPECT_FALSE(must(records_->findRemoval(record_.key)).has_value());
  must(records_->remove(record_.key, {.kind = RecordRemoval::Kind::Damaged, .at = 300, .reason = "cut short"}));
  std::optional<RecordRemoval> note = must(records_->findRemoval(record_.key));
  ASSERT_TRUE(note);
  EXPECT_EQ(note->kind, RecordRemoval::Kind::Damaged);
  EXPECT_EQ(note->at, 300);
  EXPECT_EQ(note->reason, "cut short");
  must(records_->tidyRemovals());
  EXPECT_TRUE(must(records_->findRemoval(record_.key)).has_value());
  must(records_->put(record_));
  must(records_->tidyRemovals());
  EXPECT_FALSE(must(records_->findRemoval(record_.key)).has_value());
}

TEST_F(RecordStoreTest, PruningLeavesANoteOfEachRecordThatWent) {
  must(records_->put(record_));
  must(records_->put({.key = digestOf("used"), .layer = {8}, .created = 500}));
  EXPECT_EQ(must(records_->prune(200, "older than a day")), 1u);
  EXPECT_EQ(must(records_->findRemoval(record_.key))->reason, "older than a day");
  EXPECT_FALSE(must(records_->findRemoval(digestOf("used"))).has_value());
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
  EXPECT_EQ(must(records_->prune(200, "old")), 0u);
}

TEST_F(RecordStoreTest, PruneByLastUseSparesWhatWasTouched) {
  must(records_->put(record_));
  must(records_->put({.key = digestOf("other"), .layer = {8}, .created = 100}));
  must(records_->touch({record_.key}, 500));
  EXPECT_EQ(must(records_->prune(200, "old")), 1u);
  EXPECT_TRUE(must(records_->find(record_.key)).has_value());
  EXPECT_EQ(must(records_->layers()).size(), 1u);
  EXPECT_EQ(must(records_->prune({}, "all")), 1u);
  EXPECT_EQ(must(records_->count()), 0u);
}

TEST_F(RecordStoreTest, TheTimeFirstSeenStays) {
  EXPECT_EQ(must(records_->firstSeen(digestOf("x"), 10)), 10);
  EXPECT_EQ(must(records_->firstSeen(digestOf("x"), 20)), 10);
}

}  // namespace
}  // namespace strata::builder
