#include "builder/remote/mount_archive.h"

#include "layerfs/layer_tar.h"
#include "tests/support/testing.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <random>

namespace strata::builder {

namespace {

using testing::makeTempDir;
using testing::must;

class MountArchiveTest : public ::testing::Test {
protected:
  void SetUp() override {
    must(makeDirectories(files()));
    CachePlace place{.type = CacheType::Local, .directory = directory_.path() + "/cache"};
    storage_ = must(openLocalStorage(place, /*forWriting=*/true));
  }
  std::string files() { return directory_.path() + "/files"; }
  void noise(const std::string& name, size_t size, unsigned seed) {
    std::mt19937_64 random(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = char(random());
    testing::writeFile(files() + "/" + name, bytes);
  }
  llvm::Expected<PackedMount> tryCapture(const PackedMount* earlier = nullptr, uint64_t most = uint64_t(1) << 30) {
    MountCapture what{
        .directory = files(), .slot = digestOf("s").hex(), .id = "npm", .maxSize = most, .earlier = earlier};
    return captureMountFiles(what, *storage_, kept_, [this](uint64_t sent) { sent_ += sent; });
  }
  std::string restore(const PackedMount& mount) {
    std::string to = directory_.path() + "/restored" + std::to_string(++restored_);
    must(makeDirectories(to));
    must(restoreMountFiles(mount, *storage_, directory_.path(), to, [] {}));
    return to;
  }
  uint64_t stored() { return must(diskUse(directory_.path() + "/cache/blobs")).bytes; }

  TempDir directory_ = makeTempDir();
  std::unique_ptr<CacheStorage> storage_;
  KeptBlobs kept_{directory_.path() + "/store"};
  int restored_ = 0;
  uint64_t sent_ = 0;
};

TEST_F(MountArchiveTest, FilesComeBackAsTheyWere) {
  noise("deep/er/large", 3 << 20, 1);
  testing::writeFile(files() + "/bin/tool", "#!/bin/sh\n", 0755);
  ASSERT_EQ(::symlink("../bin/tool", (files() + "/deep/link").c_str()), 0);
  ASSERT_EQ(::link((files() + "/bin/tool").c_str(), (files() + "/bin/same").c_str()), 0);
  PackedMount mount = must(tryCapture());
  EXPECT_EQ(mount.id, "npm");
  std::string to = restore(mount);
  EXPECT_EQ(must(readFile(to + "/deep/er/large")), must(readFile(files() + "/deep/er/large")));
  EXPECT_EQ(must(readFile(to + "/deep/link")), "#!/bin/sh\n");
  struct stat tool, same;
  ASSERT_EQ(::stat((to + "/bin/tool").c_str(), &tool), 0);
  ASSERT_EQ(::stat((to + "/bin/same").c_str(), &same), 0);
  EXPECT_EQ(tool.st_mode & 07777, 0755u);
  EXPECT_EQ(tool.st_ino, same.st_ino);
}

TEST_F(MountArchiveTest, ASmallChangeSendsLittle) {
  for (unsigned i = 0; i < 100; ++i) noise("package" + std::to_string(100 + i), 200'000, i);
  PackedMount first = must(tryCapture());
  uint64_t all = stored();
  EXPECT_GT(all, uint64_t(18) << 20);
  EXPECT_GT(sent_, all * 9 / 10);
  EXPECT_LE(sent_, all);
  sent_ = 0;
  noise("package150", 200'000, 999);
  noise("package199b", 100'000, 1000);
  PackedMount second = must(tryCapture(&first));
  EXPECT_LT(stored() - all, uint64_t(1) << 20);
  EXPECT_LT(sent_, uint64_t(1) << 20);
  EXPECT_EQ(must(readFile(restore(second) + "/package150")), must(readFile(files() + "/package150")));
}

TEST_F(MountArchiveTest, NoChangeSendsNothing) {
  noise("a", 2 << 20, 1);
  PackedMount first = must(tryCapture());
  uint64_t all = stored();
  sent_ = 0;
  PackedMount second = must(tryCapture(&first));
  EXPECT_EQ(sent_, 0u);
  EXPECT_EQ(second.index.digest, first.index.digest);
  EXPECT_EQ(stored(), all);
}

TEST_F(MountArchiveTest, ALargeMountStaysBehind) {
  noise("a", 2 << 20, 1);
  EXPECT_FAULT_SAYING(tryCapture(nullptr, 1 << 20), FaultKind::Invalid, "mounts-max-size");
}

TEST_F(MountArchiveTest, AnIndexThatLiesIsRefused) {
  auto decode = [](std::string json) { return MountIndex::decode(must(compressed(json))); };
  std::string hex = digestOf("c").hex(),
              blob = R"({"mediaType":"x","digest":")" + digestOf("b").str() + R"(","size":10})";
  auto index = [&](std::string chunk) { return R"({"schema":1,"blobs":[)" + blob + R"(],"chunks":[)" + chunk + "]}"; };
  EXPECT_EQ(must(decode(index("[\"" + hex + "\",5,0,0,10]"))).chunks.size(), 1u);
  for (std::string chunk : {"5,1,0,10", "5,0,1,10", "5,0,-1,5", "-5,0,0,5", "5,0,9223372036854775807,5", "5,0,0"})
    EXPECT_FAULT(decode(index("[\"" + hex + "\"," + chunk + "]")), FaultKind::Invalid);
  EXPECT_FAULT(decode("{}"), FaultKind::Invalid);
}

/// A cache that somebody else wrote: whatever its tar holds stays below the directory, and is no device.
TEST_F(MountArchiveTest, AHostileTarStaysInside) {
  if (::geteuid() != 0) GTEST_SKIP() << "device nodes need root";
  StringSink tar;
  layerfs::LayerTarWriter writer(tar);
  using layerfs::EntryKind;
  must(writer.add({.path = "disk", .kind = EntryKind::BlockDevice, .mode = 0666, .deviceMajor = 8}, nullptr));
  must(writer.add({.path = "out", .kind = EntryKind::Symlink, .linkTarget = directory_.path()}, nullptr));
  StringSource content("x");
  must(writer.add({.path = "out/escaped", .mode = 0644, .size = 1}, &content));
  must(writer.finish());
  MountIndex index;
  std::string stored = must(compressed(tar.text));
  index.blobs = {describe(stored, cachemedia::kChunks)};
  index.chunks = {{.digest = digestOf(tar.text), .size = tar.text.size(), .stored = stored.size()}};
  must(storage_->putBlob(index.blobs.front(), stored));
  std::string bytes = must(index.encode());
  PackedMount mount{.slot = "", .id = "", .index = describe(bytes, cachemedia::kMountIndex)};
  must(storage_->putBlob(mount.index, bytes));
  std::string to = directory_.path() + "/to";
  must(makeDirectories(to));
  llvm::consumeError(restoreMountFiles(mount, *storage_, directory_.path(), to, [] {}));
  EXPECT_FALSE(pathExists(directory_.path() + "/escaped"));
  EXPECT_FALSE(pathExists(to + "/disk"));
}

TEST_F(MountArchiveTest, AChangedChunkLeavesAnEmptyDirectory) {
  noise("a", 100'000, 1);
  PackedMount mount = must(tryCapture());
  MountIndex index = must(MountIndex::decode(must(readBlob(*storage_, mount.index, 1 << 20))));
  index.chunks[0].digest = digestOf("another");
  std::string bytes = must(index.encode());
  mount.index = describe(bytes, cachemedia::kMountIndex);
  must(storage_->putBlob(mount.index, bytes));
  std::string to = directory_.path() + "/to";
  must(makeDirectories(to));
  EXPECT_FAULT(restoreMountFiles(mount, *storage_, directory_.path(), to, [] {}), FaultKind::Corrupt);
  EXPECT_EQ(::rmdir(to.c_str()), 0) << "not empty";
}

}  // namespace

}  // namespace strata::builder
