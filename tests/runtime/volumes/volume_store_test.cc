#include "runtime/volumes/volume_store.h"

#include "support/directory_entries.h"
#include "tests/support/testing.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <filesystem>
#include <thread>

namespace strata::runtime {
namespace {
using namespace strata::testing;
using ::testing::ElementsAre;

class VolumeStoreTest : public ::testing::Test {
protected:
  VolumeStoreTest() : root_(makeTempDir()) {
    must(makeDirectories(path("tmp")));
    reopen();
  }
  void reopen() {
    store_.reset();
    database_.reset();
    database_ = must(Database::open(path("strata.db")));
    store_ = openWith(*database_);
  }
  std::unique_ptr<VolumeStore> openWith(Database& database) {
    return must(VolumeStore::open(database, root_.path(), path("tmp"),
                                  [this](llvm::StringRef name) -> llvm::Expected<std::vector<std::string>> {
                                    auto found = users_.find(name.str());
                                    return found == users_.end() ? std::vector<std::string>() : found->second;
                                  }));
  }
  std::string path(llvm::StringRef below) const { return joinPath(root_.path(), below); }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const Volume& volume : must(store_->list())) names.push_back(volume.name);
    return names;
  }
  Volume make(const std::string& name) { return must(store_->make({.name = name})); }

  TempDir root_;
  std::map<std::string, std::vector<std::string>> users_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<VolumeStore> store_;
};

llvm::Error fillWithA(const std::string& directory) { return writeFileAtomically(joinPath(directory, "a"), "image's"); }

TEST_F(VolumeStoreTest, AMadeVolumeIsFoundAndListedByName) {
  Volume made = must(store_->make({.name = "web", .labels = {{"team", "blue"}}}));
  make("data");
  EXPECT_EQ(made.mountpoint, path("volumes/web/_data"));
  EXPECT_TRUE(std::filesystem::is_directory(made.mountpoint));
  EXPECT_THAT(names(), ElementsAre("data", "web"));
  reopen();
  Volume found = must(store_->load("web"));
  EXPECT_EQ(found.labels.at("team"), "blue");
  EXPECT_EQ(found.created, made.created);
  EXPECT_FALSE(found.isAnonymous());
  EXPECT_FAULT_SAYING(store_->load("other"), FaultKind::NotFound, "get other: no such volume");
  EXPECT_FALSE(must(store_->find("../tmp")).has_value());
}

TEST_F(VolumeStoreTest, MakingItAgainLeavesItAsItIs) {
  Volume made = make("data");
  writeFile(joinPath(made.mountpoint, "b"), "mine");
  Volume again = must(store_->make({.name = "data", .labels = {{"late", ""}}}, fillWithA));
  EXPECT_EQ(again.created, made.created);
  EXPECT_TRUE(again.labels.empty());
  EXPECT_FALSE(pathExists(joinPath(made.mountpoint, "a")));
}

TEST_F(VolumeStoreTest, AnonymousOnesCarryDockersLabel) {
  Volume made = must(store_->make({}, fillWithA));
  EXPECT_TRUE(made.isAnonymous());
  EXPECT_EQ(made.name.size(), 64u);
  EXPECT_EQ(must(readFile(joinPath(made.mountpoint, "a"))), "image's");
  EXPECT_TRUE(must(store_->load(made.name)).isAnonymous());
}

TEST_F(VolumeStoreTest, AnEmptyVolumeIsFilledWhenItIsFirstUsed) {
  Volume made = make("data");
  must(store_->make({.name = "data"}, fillWithA));
  EXPECT_EQ(must(readFile(joinPath(made.mountpoint, "a"))), "image's");
}

TEST_F(VolumeStoreTest, AnEmptyVolumeInUseKeepsItsDirectory) {
  Volume made = make("data");
  users_["data"] = {"c1"};
  struct stat before, after;
  ASSERT_EQ(::stat(made.mountpoint.c_str(), &before), 0);
  must(store_->make({.name = "data"}, fillWithA));
  ASSERT_EQ(::stat(made.mountpoint.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(must(readFile(joinPath(made.mountpoint, "a"))), "image's");
}

TEST_F(VolumeStoreTest, AFailureToFillLeavesNoVolume) {
  auto failing = [](const std::string& directory) {
    writeFile(joinPath(directory, "half"), "done");
    return fault(FaultKind::Io, "disk on fire");
  };
  EXPECT_FAULT_SAYING(store_->make({.name = "data"}, failing), FaultKind::Io, "fill volume data: disk on fire");
  EXPECT_THAT(names(), ElementsAre());
  EXPECT_THAT(must(entriesOf(path("tmp"))), ElementsAre());
}

TEST_F(VolumeStoreTest, ABindVolumeIsFilledWhereItIs) {
  must(makeDirectories(path("outside")));
  must(store_->make({.name = "data", .options = {{"type", "none"}, {"o", "bind"}, {"device", path("outside")}}},
                    fillWithA));
  EXPECT_EQ(must(readFile(path("outside/a"))), "image's");
  must(store_->remove("data"));
  EXPECT_TRUE(pathExists(path("outside/a")));
  EXPECT_FAULT_SAYING(store_->make({.name = "bad", .options = {{"colour", "red"}}}), FaultKind::Invalid,
                      "create bad: invalid option: \"colour\"");
}

TEST_F(VolumeStoreTest, AVolumeInUseIsNotRemoved) {
  make("data");
  users_["data"] = {"c1", "c2"};
  EXPECT_FAULT_SAYING(store_->remove("data"), FaultKind::Denied, "remove data: volume is in use - [c1, c2]");
  EXPECT_THAT(names(), ElementsAre("data"));
  users_.clear();
  must(store_->remove("data"));
  EXPECT_FALSE(pathExists(path("volumes/data")));
  EXPECT_FAULT_SAYING(store_->remove("data"), FaultKind::NotFound, "get data: no such volume");
  EXPECT_THAT(must(entriesOf(path("tmp"))), ElementsAre());
}

TEST_F(VolumeStoreTest, RequiringARemovedVolumeFails) {
  make("data"), make("web");
  must(store_->require({"data", "web"}));
  must(store_->remove("data"));
  EXPECT_FAULT(store_->require({"web", "data"}), FaultKind::NotFound);
}

/// A database that was damaged and made anew has forgotten volumes; their files are still somebody's.
TEST_F(VolumeStoreTest, WhatLostItsRowIsFoundAgain) {
  Volume made = must(store_->make({.name = "data", .labels = {{"team", "blue"}}}, fillWithA));
  must(database_->execute("DELETE FROM volumes"));
  EXPECT_EQ(must(store_->load("data")).labels.at("team"), "blue");
  must(database_->execute("DELETE FROM volumes"));
  must(writeFileAtomically(path("volumes/data/volume.json"), "{broken"));
  EXPECT_THAT(names(), ElementsAre("data"));
  EXPECT_EQ(must(readFile(joinPath(made.mountpoint, "a"))), "image's");
}

TEST_F(VolumeStoreTest, ARowWithoutDirectoryGoes) {
  make("data"), make("web");
  must(removeTree(path("volumes/data")));
  EXPECT_THAT(names(), ElementsAre("web"));
  make("data");
  EXPECT_THAT(names(), ElementsAre("data", "web"));
}

TEST_F(VolumeStoreTest, WhatIsNoVolumeStaysAlone) {
  make("data");
  must(makeDirectories(path("volumes/x y/_data")));
  must(makeDirectories(path("volumes/plain")));
  EXPECT_THAT(names(), ElementsAre("data"));
}

/// Each child makes, fills and removes the same names with a connection of its own: nobody sees a half-filled volume.
TEST_F(VolumeStoreTest, ManyProcessesAtOnce) {
  std::vector<pid_t> children;
  store_.reset();
  database_.reset();
  for (int child = 0; child < 4; ++child) {
    pid_t pid = ::fork();
    if (pid == 0) {
      auto database = must(Database::open(path("strata.db")));
      auto store = openWith(*database);
      for (int round = 0; round < 12; ++round) {
        Volume volume = must(store->make({.name = "v" + std::to_string(round % 3)}, fillWithA));
        auto content = readFile(joinPath(volume.mountpoint, "a"));
        if (content && *content != "image's") ::_exit(2);
        llvm::consumeError(content.takeError());  // another has removed it
        if (child % 2) llvm::consumeError(store->remove(volume.name));
      }
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    children.push_back(pid);
  }
  for (pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  reopen();
  for (const Volume& volume : must(store_->list()))
    EXPECT_EQ(must(readFile(joinPath(volume.mountpoint, "a"))), "image's");
  EXPECT_THAT(must(entriesOf(path("tmp"))), ElementsAre());
}

/// Run by the test below in a process of its own; by itself there is nothing to do.
TEST(VolumeStoreCrash, TheChild) {
  const char* directory = std::getenv("STRATA_CRASH_DIR");
  const char* act = std::getenv("STRATA_CRASH_ACT");
  if (!directory || !act) return;
  auto database = must(Database::open(joinPath(directory, "strata.db")));
  auto nobody = [](llvm::StringRef) { return std::vector<std::string>(); };
  auto store = must(VolumeStore::open(*database, directory, joinPath(directory, "tmp"), nobody));
  if (act == llvm::StringRef("make"))
    must(store->make({.name = "data"}, fillWithA));
  else
    must(store->remove("data"));
}

/// kill -9 before each rename, removal and commit of making and of removing: the next one who looks finds a whole
/// volume or none.
TEST_F(VolumeStoreTest, KilledAnywhereLeavesAWholeVolumeOrNone) {
  for (std::string act : {"make", "remove"}) {
    int killed = 0;
    for (int point = 1; point < 40; ++point) {
      if (must(store_->find("data"))) must(store_->remove("data"));
      if (act == "remove") must(store_->make({.name = "data"}, fillWithA));
      store_.reset();
      database_.reset();
      std::string command = "STRATA_CRASH_AT=" + std::to_string(point) + " STRATA_CRASH_DIR=" + root_.path() +
                            " STRATA_CRASH_ACT=" + act + " exec /proc/" + std::to_string(::getpid()) +
                            "/exe --gtest_filter=VolumeStoreCrash.TheChild >/dev/null";
      int status = std::system(command.c_str());
      reopen();
      auto left = must(store_->find("data"));
      EXPECT_EQ(left.has_value(), pathExists(path("volumes/data")));
      if (left) {
        EXPECT_EQ(must(readFile(joinPath(left->mountpoint, "a"))), "image's") << act << point;
      }
      if (WIFEXITED(status)) {
        EXPECT_EQ(WEXITSTATUS(status), 0);
        break;
      }
      ++killed;
    }
    EXPECT_GE(killed, 2) << act;
  }
}

}  // namespace
}  // namespace strata::runtime
