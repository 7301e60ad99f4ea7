#include "layerfs/store.h"

#include "layer_trees.h"

#include <sys/stat.h>
#include <csignal>
#include <fstream>
#include <future>
#include <random>

namespace strata::layerfs::testing {
namespace {

class StoreTest : public ::testing::Test {
protected:
  std::unique_ptr<Store> open() { return must(Store::open({.root = root_, .snapshotter = ""})); }
  static std::shared_ptr<Layer> layerWith(Store& store, std::string name) {
    std::string tar = tarOf({file(std::move(name), "x")});
    StringSource source(tar);
    return must(store.layers().addTar(source));
  }
  /// What is staged, by anyone: all but the lock of each staging directory.
  std::string inTmp() const { return shell("cd " + root_ + "/tmp && find . -mindepth 2 ! -name lock"); }

  TempDir directory_ = makeTempDir();
  std::string root_ = directory_.path() + "/new/root";
};

TEST_F(StoreTest, OpeningMakesWhatIsMissing) {
  auto store = open();
  EXPECT_EQ(store->root(), root_);
  for (const char* name : {"strata.db", "blobs/sha256", "oci-layout", "tmp", "lock"})
    EXPECT_TRUE(pathExists(root_ + "/" + name)) << name;
}

TEST_F(StoreTest, AStoreOpenedAgainHasItsImages) {
  Digest id;
  {
    auto store = open();
    id = must(store->images().create({}, {layerWith(*store, "f")})).id;
  }
  auto store = open();
  EXPECT_EQ(must(store->images().load(id)).layers.size(), 1u);
}

TEST_F(StoreTest, EachUserStagesOnItsOwnAndLeavesNothing) {
  {
    auto one = open(), other = open();
    EXPECT_NE(one->staging(), other->staging());
    EXPECT_TRUE(pathExists(one->staging()));
    EXPECT_TRUE(pathExists(other->staging()));
  }
  EXPECT_EQ(inTmp(), "");
}

TEST_F(StoreTest, WhatADeadProcessStagedIsSweptAtTheNextOpen) {
  pid_t child = ::fork();
  if (child == 0) {
    auto store = open();
    std::ofstream(store->staging() + "/half-a-layer") << "x";
    ::_exit(0);  // no destructor runs
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_THAT(inTmp(), ::testing::HasSubstr("half-a-layer"));
  auto store = open();
  EXPECT_EQ(inTmp(), "");
  EXPECT_TRUE(pathExists(store->staging()));
}

TEST_F(StoreTest, ASweepKeepsWhatImagesNameAndWhatItIsTold) {
  auto store = open();
  auto named = layerWith(*store, "named"), kept = layerWith(*store, "kept"), loose = layerWith(*store, "loose");
  Image image = must(store->images().create({}, {named}));
  Image gone = must(store->images().create({.user = "gone"}, {named}));
  must(store->images().remove(gone.id));
  must(makeDirectories(root_ + "/layers/4711"));  // a crash between the rename and the database
  LayerId looseId = loose->id();

  auto sweep = must(store->sweep({kept->id()}));
  EXPECT_EQ(sweep.layers, 2u);
  EXPECT_EQ(sweep.blobs, 2u);  // config and manifest
  EXPECT_GT(sweep.bytes, 0u);
  EXPECT_TRUE(store->layers().contains(named->id()));
  EXPECT_TRUE(store->layers().contains(kept->id()));
  EXPECT_FALSE(store->layers().contains(looseId));
  EXPECT_FALSE(pathExists(root_ + "/layers/4711"));
  EXPECT_TRUE(must(store->content().contains(image.id)));
  EXPECT_TRUE(must(store->content().contains(image.manifest)));
  EXPECT_FALSE(must(store->content().contains(gone.id)));
  EXPECT_TRUE(pathExists(store->staging()));

  auto nothing = must(store->sweep({kept->id()}));
  EXPECT_EQ(nothing.layers + nothing.blobs + nothing.bytes, 0u);
}

TEST_F(StoreTest, ASweepWaitsForTheOtherUsersToLeave) {
  auto store = open(), other = open();
  auto sweep = std::async(std::launch::async, [&] { return faultOf(store->sweep({})).kind; });
  EXPECT_EQ(sweep.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  other.reset();
  ASSERT_EQ(sweep.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(sweep.get(), std::nullopt);
}

TEST_F(StoreTest, TwoSweepsTakeTurns) {
  auto one = open(), other = open();
  auto sweep = [](Store& store) { return faultOf(store.sweep({})).kind; };
  auto first = std::async(std::launch::async, sweep, std::ref(*one));
  auto second = std::async(std::launch::async, sweep, std::ref(*other));
  auto isDone = [](std::future<std::optional<FaultKind>>& sweep) {
    return sweep.wait_for(std::chrono::milliseconds(10)) == std::future_status::ready;
  };
  // The one that is done has the store open again, and the other may have to wait for it to leave.
  for (int round = 0; round < 1000 && (one || other); ++round) {
    if (one && isDone(first)) one.reset();
    if (other && isDone(second)) other.reset();
  }
  ASSERT_FALSE(one || other);
  EXPECT_EQ(first.get(), std::nullopt);
  EXPECT_EQ(second.get(), std::nullopt);
}

TEST_F(StoreTest, TheRootIsForItsOwnerAlone) {
  auto store = open();
  struct stat status;
  ASSERT_EQ(::stat(root_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

/// Who waits to sweep has given its share of the store's lock back; its staging is locked all the same.
TEST_F(StoreTest, ASweepLeavesWhoWaitsForItsTurnAlone) {
  auto store = open();
  std::string waiting = root_ + "/tmp/1";
  must(makeDirectories(waiting + "/draft"));
  std::optional<FileLock> lock = must(FileLock::acquire(waiting + "/lock", FileLock::Mode::Exclusive));
  must(store->sweep({}));
  EXPECT_TRUE(pathExists(waiting + "/draft"));
  lock.reset();
  must(store->sweep({}));
  EXPECT_FALSE(pathExists(waiting + "/draft"));
}

TEST_F(StoreTest, ASweepRemovesWhatTheDeadStagedAndSparesTheLiving) {
  auto store = open(), other = open();
  std::ofstream(other->staging() + "/alive") << "x";
  must(makeDirectories(root_ + "/tmp/2/draft-of-the-dead/x"));
  auto sweep = std::async(std::launch::async, [&] { return faultOf(store->sweep({})).kind; });
  EXPECT_EQ(sweep.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  EXPECT_THAT(inTmp(), ::testing::HasSubstr("alive"));
  other.reset();
  EXPECT_EQ(sweep.get(), std::nullopt);
  EXPECT_EQ(inTmp(), "");
}

TEST_F(StoreTest, ManyProcessesOpenANewStoreAtOnceAndStage) {
  std::vector<pid_t> children;
  for (int process = 0; process < 8; ++process) {
    pid_t child = ::fork();
    if (child == 0) {
      for (int round = 0; round < 10; ++round) {
        auto store = open();
        must(writeFileAtomically(store->staging() + "/mine", "x"));
        must(store->content().put("blob " + std::to_string(round), media::kOciConfig));
        if (!pathExists(store->staging() + "/lock")) ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(inTmp(), "");
}

/// What a process did before it was killed, at any moment, is there whole or not at all.
TEST_F(StoreTest, AStoreOutlivesTheKillingOfItsUsers) {
  std::mt19937 random(4711);
  for (int round = 0; round < 25; ++round) {
    pid_t child = ::fork();
    if (child == 0) {
      for (int number = 0;; ++number) {
        auto store = open();
        std::string name = std::to_string(round) + "-" + std::to_string(number);
        Image image = must(store->images().create({.user = name}, {layerWith(*store, name)}));
        must(store->images().tag(image.id, "n:" + std::to_string(number % 3)));
        if (number % 4 == 3) must(store->sweep({}));
      }
    }
    ::usleep(useconds_t(1000 + random() % 60'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    auto store = open();
    for (const ImageSummary& image : must(store->images().list())) {
      Image loaded = must(store->images().load(image.id));
      StringSink tar;
      must(loaded.layers.at(0)->writeTar(tar));
      EXPECT_EQ(digestOf(tar.text), loaded.config.diffIds.at(0).digest);
      must(store->content().read(image.manifest));
      if (round % 5 == 4) must(store->images().remove(image.id));
    }
  }
  auto store = open();
  for (const ImageSummary& image : must(store->images().list())) must(store->images().remove(image.id));
  must(store->sweep({}));
  EXPECT_EQ(shell("ls -A " + root_ + "/blobs/sha256; ls -A --ignore=tar-form " + root_ + "/layers"), "");
  EXPECT_EQ(inTmp(), "");
}

/// A store whose database was damaged while nobody had it open.
class DamagedDatabaseTest : public StoreTest {
protected:
  std::unique_ptr<Store> openListening() {
    return must(Store::open({.root = root_, .onDamage = [this](const Damage& damage) { heard_.push_back(damage); }}));
  }
  std::vector<Damage> heard_;
};

TEST_F(DamagedDatabaseTest, GarbageInItsPlaceBeginsAnew) {
  {
    auto store = open();
    must(store->images().create({}, {layerWith(*store, "f")}));
  }
  must(writeFileAtomically(root_ + "/strata.db", std::string(10'000, 'x')));
  must(removeTree(root_ + "/strata.db-wal"));  // which may still hold all that the database did
  auto store = openListening();
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_EQ(heard_[0].kind, "database");
  EXPECT_TRUE(must(store->images().list()).empty());
  layerWith(*store, "again");
  store.reset();
  openListening();
  EXPECT_EQ(heard_.size(), 1u) << "it was mended once";
}

TEST_F(DamagedDatabaseTest, WhatAQueryMetIsMendedByTheNextToOpenAndImagesLive) {
  Digest id;
  {
    auto store = open();
    id = must(store->images().create({}, {layerWith(*store, "f")})).id;
    must(store->database().execute("CREATE TABLE big(id INTEGER PRIMARY KEY, text TEXT);"
                                   "INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                   "WHERE i < 500) SELECT i, hex(zeroblob(500)) FROM n;"
                                   "PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  std::string path = root_ + "/strata.db";
  std::string bytes = must(readFile(path));
  must(writeFileAtomically(path, bytes.substr(0, bytes.size() - 50 * 4096) + std::string(50 * 4096, 'x')));
  {
    auto store = openListening();
    EXPECT_TRUE(heard_.empty());
    auto query = must(store->database().prepare("SELECT sum(length(text)) FROM big"));
    EXPECT_FAULT(query.step(), FaultKind::Corrupt);
  }
  auto store = openListening();
  EXPECT_EQ(heard_.size(), 1u);
  EXPECT_EQ(must(store->images().load(id)).layers.size(), 1u);
  EXPECT_EQ(must(store->mendDatabase()), "");
}

TEST_F(DamagedDatabaseTest, MendingFindsWhatNobodyHasMetYet) {
  {
    auto store = open();
    must(store->images().create({}, {layerWith(*store, "f")}));
    must(store->database().execute("CREATE TABLE big(text TEXT); INSERT INTO big VALUES(hex(zeroblob(50000)));"
                                   "PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  std::string path = root_ + "/strata.db";
  std::string bytes = must(readFile(path));
  must(writeFileAtomically(path, bytes.substr(0, bytes.size() - 5 * 4096) + std::string(5 * 4096, 'x')));
  auto store = openListening();
  EXPECT_NE(must(store->mendDatabase()), "");
  EXPECT_EQ(heard_.size(), 1u);
  EXPECT_EQ(must(store->images().list()).size(), 1u);
  EXPECT_EQ(must(store->mendDatabase()), "");
}

TEST_F(StoreTest, AnUnknownSnapshotterIsRefusedWhenItIsAskedFor) {
  auto store = must(Store::open({.root = root_, .snapshotter = "btrfs"}));
  EXPECT_FAULT(store->snapshotter(), FaultKind::Invalid);
}

TEST_F(StoreTest, TheSnapshotterIsOpenedOnce) {
  auto store = must(Store::open({.root = root_, .snapshotter = "native"}));
  Snapshotter* snapshotter = must(store->snapshotter());
  EXPECT_EQ(snapshotter->name(), "native");
  EXPECT_EQ(must(store->snapshotter()), snapshotter);
}

TEST_F(StoreTest, AFaultNamesTheRoot) {
  must(makeDirectories(directory_.path() + "/new"));
  must(writeFileAtomically(root_, "a file"));
  auto seen = faultOf(Store::open({.root = root_, .snapshotter = ""}));
  EXPECT_TRUE(seen.kind.has_value());
  EXPECT_THAT(seen.message, ::testing::HasSubstr(root_));
}

class DefaultRootTest : public ::testing::Test {
protected:
  void TearDown() override {
    ::unsetenv("STRATA_ROOT");
    if (!before_.empty()) ::setenv("STRATA_ROOT", before_.c_str(), 1);
  }
  std::string before_ = std::getenv("STRATA_ROOT") ? std::getenv("STRATA_ROOT") : "";
};

TEST_F(DefaultRootTest, TheEnvironmentDecides) {
  ::setenv("STRATA_ROOT", "/somewhere", 1);
  EXPECT_EQ(defaultRoot(), "/somewhere");
  ::setenv("STRATA_ROOT", "", 1);
  EXPECT_THAT(defaultRoot(), ::testing::EndsWith("/strata"));
  if (::geteuid() == 0) {
    EXPECT_EQ(defaultRoot(), "/var/lib/strata");
  }
}

}  // namespace
}  // namespace strata::layerfs::testing
