#include "builder/solve/cache_mounts.h"

#include "tests/support/testing.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <chrono>
#include <thread>

namespace strata::builder {
namespace {
using testing::must;
using testing::writeFile;

class CacheMountsTest : public ::testing::Test {
protected:
  CacheMountsTest() { must(makeDirectories(directory_.path() + "/tmp")); }
  CacheLease take(CacheMounts::Wish wish) {
    return must(caches_.acquire(
        wish, [](const std::string&) { return llvm::Error::success(); }, cancel_));
  }
  TempDir directory_ = testing::makeTempDir();
  CacheMounts caches_{directory_.path(), directory_.path() + "/tmp"};
  CancelToken cancel_;
};

TEST_F(CacheMountsTest, MNT_16_OneIdIsOneDirectoryForEver) {
  std::string first;
  {
    CacheLease lease = take({.id = "/c"});
    first = lease.directory;
    writeFile(joinPath(first, "file"), "kept");
  }
  CacheMounts later(directory_.path(), directory_.path() + "/tmp");
  CacheLease again = must(later.acquire({.id = "/c"}, nullptr, cancel_));
  EXPECT_EQ(again.directory, first);
  EXPECT_EQ(must(readFile(joinPath(again.directory, "file"))), "kept");
  EXPECT_NE(take({.id = "/d"}).directory, first);
}

TEST_F(CacheMountsTest, MNT_17_SharedTogetherPrivateApart) {
  CacheLease one = take({.id = "s"}), two = take({.id = "s"});
  EXPECT_EQ(one.directory, two.directory);
  CacheLease lone = take({.id = "s", .sharing = CacheSharing::Private});
  EXPECT_NE(lone.directory, one.directory);
  CacheLease other = take({.id = "s", .sharing = CacheSharing::Private});
  EXPECT_NE(other.directory, lone.directory);
  std::string fresh = lone.directory;
  lone.lock.reset();
  EXPECT_EQ(take({.id = "s", .sharing = CacheSharing::Private}).directory, fresh);
}

TEST_F(CacheMountsTest, MNT_17_LockedWaits) {
  using namespace std::chrono_literals;
  CacheLease first = take({.id = "l", .sharing = CacheSharing::Locked});
  std::atomic<bool> entered{false};
  std::thread second([&] {
    CacheLease lease = take({.id = "l", .sharing = CacheSharing::Locked});
    entered = true;
  });
  std::this_thread::sleep_for(150ms);
  EXPECT_FALSE(entered);
  first.lock.reset();
  second.join();
  EXPECT_TRUE(entered);
}

TEST_F(CacheMountsTest, WaitingEndsWhenTheBuildIsStopped) {
  using namespace std::chrono_literals;
  CacheLease first = take({.id = "l", .sharing = CacheSharing::Locked});
  std::thread stopper([&] {
    std::this_thread::sleep_for(50ms);
    cancel_.cancel();
  });
  EXPECT_FAULT(caches_.acquire({.id = "l", .sharing = CacheSharing::Locked}, nullptr, cancel_), FaultKind::Cancelled);
  stopper.join();
}

TEST_F(CacheMountsTest, MNT_18_ModeAndOwnerAreThoseOfTheFirst) {
  if (::geteuid() != 0) GTEST_SKIP() << "giving directories to others needs root";
  std::string path = take({.id = "m", .mode = 01750, .uid = 7, .gid = 8}).directory;
  take({.id = "m", .mode = 0700});
  struct stat status;
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 01750u);
  EXPECT_EQ(status.st_uid, 7u);
  EXPECT_EQ(status.st_gid, 8u);
}

TEST_F(CacheMountsTest, MNT_18_WhatItBeginsWithIsPartOfItsIdentity) {
  auto fillWith = [](const char* text) {
    return [text](const std::string& directory) {
      writeFile(joinPath(directory, "seed"), text);
      return llvm::Error::success();
    };
  };
  auto one = fillWith("one"), two = fillWith("two");
  CacheLease first = must(caches_.acquire({.id = "i", .seed = digestOf("one")}, one, cancel_));
  CacheLease again = must(caches_.acquire({.id = "i", .seed = digestOf("one")}, two, cancel_));
  CacheLease other = must(caches_.acquire({.id = "i", .seed = digestOf("two")}, two, cancel_));
  EXPECT_EQ(must(readFile(joinPath(first.directory, "seed"))), "one");
  EXPECT_EQ(must(readFile(joinPath(again.directory, "seed"))), "one");
  EXPECT_EQ(must(readFile(joinPath(other.directory, "seed"))), "two");
}

TEST_F(CacheMountsTest, AFailedFirstFillLeavesNothing) {
  auto fails = [](const std::string&) { return fault(FaultKind::Io, "disk full"); };
  EXPECT_FAULT(caches_.acquire({.id = "f", .seed = digestOf("x")}, fails, cancel_), FaultKind::Io);
  EXPECT_EQ(must(caches_.usage()).directories, 0u);
}

TEST_F(CacheMountsTest, PruneTakesWhatNobodyUsesAndWasLongUnused) {
  CacheLease used = take({.id = "used"});
  std::string old = take({.id = "old"}).directory;
  writeFile(joinPath(old, "file"), std::string(100'000, 'x'));
  take({.id = "young"});
  EXPECT_EQ(must(caches_.usage()).directories, 3u);
  EXPECT_EQ(must(caches_.usage()).inUse, 1u);
  EXPECT_GE(must(caches_.usage()).bytes, 100'000u);
  timeval longAgo[2] = {{1000, 0}, {1000, 0}};
  ASSERT_EQ(::utimes((old.substr(0, old.rfind('/')) + "/lock").c_str(), longAgo), 0);
  CacheMounts::Usage removed = must(caches_.prune(int64_t(2000) * 1'000'000'000));
  EXPECT_EQ(removed.directories, 1u);
  EXPECT_GE(removed.bytes, 100'000u);
  EXPECT_FALSE(pathExists(old));
  EXPECT_EQ(must(caches_.prune(std::nullopt)).directories, 1u);
  EXPECT_TRUE(pathExists(used.directory));
  used.lock.reset();
  must(caches_.prune(std::nullopt));
  EXPECT_EQ(must(diskUse(directory_.path() + "/cache/mounts")).files, 1u);  // itself
}

}  // namespace
}  // namespace strata::builder
