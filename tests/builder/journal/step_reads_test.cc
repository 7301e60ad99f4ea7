#include "builder/journal/step_reads.h"

#include "builder/journal/upkeep.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;

StepReads someReads() {
  StepReads reads{.build = "0123456789ab", .traced = 17, .incomplete = true};
  ReadSource base{.instruction = "from", .stage = "build", .name = "[build 1/3] FROM base", .firstLine = 1};
  base.files = 3;
  base.bytes = 300;
  base.unread = {{.path = "", .isDirectory = true, .files = 3, .bytes = 300}};
  ReadSource copy{.key = digestOf("copy"), .instruction = "copy", .stage = "build", .name = "[build 2/3] COPY . ."};
  copy.files = 5'231;
  copy.bytes = 40'000'000;
  copy.readFiles = 2;
  copy.readBytes = 70;
  copy.read = {{.path = "app/package.json"}, {.path = "app/two\nlines \xff", .executed = true}};
  copy.unread = {{.path = "app/src", .isDirectory = true, .files = 5'228, .bytes = 39'999'900},
                 {.path = "b", .bytes = 30}};
  copy.moreUnread = true;
  reads.sources = {base, copy};
  reads.listed = {"", "app"};
  return reads;
}

class StepReadsTest : public ::testing::Test {
protected:
  /// A build of its own project with one RUN of this key.
  void writeBuild(llvm::StringRef id, const Digest& key) {
    Build build{.id = id.str(), .context = "/app"};
    build.steps = {{.instruction = "run", .key = key}};
    must(journal_->write(build));
  }
  bool has(const Digest& key) { return must(store_->find(key)).has_value(); }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/strata.db"));
  std::unique_ptr<Journal> journal_ = must(Journal::open(*database_));
  std::unique_ptr<ReadStore> store_ = must(ReadStore::open(*database_));
  const Digest key_ = digestOf("key");
};

TEST_F(StepReadsTest, AreGivenBackAsTheyWerePut) {
  must(store_->put(key_, someReads()));
  EXPECT_EQ(must(store_->find(key_)), someReads());
  EXPECT_EQ(must(store_->find(digestOf("other"))), std::nullopt);
}

TEST_F(StepReadsTest, ALaterExecutionReplacesAnEarlierOne) {
  must(store_->put(key_, someReads()));
  must(store_->put(key_, StepReads{.build = "later"}));
  EXPECT_EQ(must(store_->find(key_))->build, "later");
}

TEST_F(StepReadsTest, NoDamagedTextIsTakenForAWholeOne) {
  const std::string whole = someReads().encode();
  EXPECT_EQ(must(StepReads::decode(whole)), someReads());
  for (size_t size = 0; size < whole.size(); ++size) {
    auto part = StepReads::decode(llvm::StringRef(whole).take_front(size));
    if (part)
      EXPECT_NE(*part, someReads()) << size;
    else
      EXPECT_FAULT(std::move(part), FaultKind::Corrupt);
  }
  const llvm::StringRef ends[] = {{"Z\0", 2}, {"R", 1}, {"D\0a\0x\0001\0", 8}};
  for (llvm::StringRef end : ends) EXPECT_FAULT(StepReads::decode(whole + end.str()), FaultKind::Corrupt);
  EXPECT_FAULT(StepReads::decode(llvm::StringRef("strata-reads-1\0b\0001\0000\0R\0a\0", 25)), FaultKind::Corrupt);
  EXPECT_FAULT(StepReads::decode("other"), FaultKind::Corrupt);
}

TEST_F(StepReadsTest, DamageIsReportedAndDropped) {
  must(store_->put(key_, someReads()));
  must(database_->execute("UPDATE step_reads SET document = x'00'"));
  std::vector<std::string> kinds;
  database_->onDamage([&](const Damage& damage) { kinds.push_back(damage.kind); });
  EXPECT_FALSE(has(key_));
  EXPECT_FALSE(has(key_));
  EXPECT_EQ(kinds, std::vector<std::string>{"reads"});
}

TEST_F(StepReadsTest, DamageIsFoundByACheckOfAll) {
  must(store_->put(key_, someReads()));
  must(store_->put(digestOf("sound"), someReads()));
  std::vector<Damage> found;
  database_->onDamage([&](const Damage& damage) { found.push_back(damage); });
  EXPECT_EQ(must(checkReads(*database_)), 2u);
  EXPECT_TRUE(found.empty());
  must(database_->execute("UPDATE step_reads SET document = 'damaged' WHERE hex(key) = upper('" + key_.hex() + "')"));
  EXPECT_EQ(must(checkReads(*database_)), 2u);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "reads");
  EXPECT_FALSE(has(key_));
  EXPECT_TRUE(has(digestOf("sound")));
}

TEST_F(StepReadsTest, GoWithTheLastBuildThatHasTheStep) {
  must(store_->put(key_, someReads()));
  must(store_->put(digestOf("other"), someReads()));
  writeBuild("000000000001", key_);
  writeBuild("000000000002", key_);
  must(journal_->trim(1));
  EXPECT_TRUE(has(key_));
  must(journal_->trim(0));
  EXPECT_FALSE(has(key_));
  EXPECT_TRUE(has(digestOf("other")));
}

TEST_F(StepReadsTest, StillGoWithTheirBuildInADatabaseThatWasSalvaged) {
  must(store_->put(key_, someReads()));
  writeBuild("000000000001", key_);
  store_.reset();
  journal_.reset();
  database_.reset();
  must(salvageDatabase(directory_.path() + "/strata.db"));
  database_ = must(Database::open(directory_.path() + "/strata.db"));
  journal_ = must(Journal::open(*database_));
  store_ = must(ReadStore::open(*database_));
  EXPECT_TRUE(has(key_));
  must(journal_->remove("000000000001"));
  EXPECT_FALSE(has(key_));
}

TEST_F(StepReadsTest, ThoseThatNoBuildNamesAreSwept) {
  must(store_->put(key_, someReads()));
  must(store_->put(digestOf("killed"), someReads()));
  writeBuild("000000000001", key_);
  must(store_->dropUnnamed());
  EXPECT_TRUE(has(key_));
  EXPECT_FALSE(has(digestOf("killed")));
}

TEST_F(StepReadsTest, ASourceIsFoundAmongTheStepsOfABuild) {
  Build build;
  build.steps = {{.stage = "build", .instruction = "from", .name = "[build 1/3] FROM base"},
                 {.stage = "build", .instruction = "copy", .name = "[build 2/4] COPY . .", .key = digestOf("copy")}};
  StepReads reads = someReads();
  EXPECT_EQ(stepOf(reads.sources[0], build), 0u);
  EXPECT_EQ(stepOf(reads.sources[1], build), 1u);
  build.steps[1].key = digestOf("changed");
  EXPECT_EQ(stepOf(reads.sources[1], build), std::nullopt);
}
}  // namespace
}  // namespace strata::builder
