#include "layerfs/erofs_writer.h"

#include "erofs_tars.h"

namespace strata::layerfs::testing {
namespace {

class ErofsTest : public ::testing::Test {
protected:
  void SetUp() override { SKIP_UNLESS_ROOT(); }
  /// The mounted index and the unpacked tar must show the same.
  static void expectSameTree(const std::string& tar) {
    TempDir unpacked = makeTempDir();
    StringSource source(tar);
    must(unpackLayerTar(source, unpacked.path()));
    MountedTar mounted(tar);
    EXPECT_EQ(walked(mounted.root()).lines(/*withRoot=*/false), walked(unpacked.path()).lines(/*withRoot=*/false));
  }
};

TEST_F(ErofsTest, EveryKindOfFileIsThere) {
  FullEntry tagged = file("tagged", "x");
  tagged.entry.xattrs = {{"user.short", "1"},
                         {"security.capability", std::string("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20)}};
  FullEntry setuid = file("setuid", std::string(100'000, 'z'), 04755);
  setuid.entry.uid = 70'000;
  setuid.entry.gid = 4'000'000'000;
  setuid.entry.mtime = -1'500'000'000;
  FullEntry device{
      {.path = "dev", .kind = EntryKind::BlockDevice, .mode = 0640, .deviceMajor = 259, .deviceMinor = 70'000}, ""};
  FullEntry fifo{{.path = "fifo", .kind = EntryKind::Fifo, .mode = 0600}, ""};
  FullEntry hard{{.path = "d/again", .kind = EntryKind::Hardlink, .linkTarget = "setuid"}, ""};
  expectSameTree(
      tarOf({directory("d", 01777), file("d/empty", ""), setuid, tagged, link("l", "../x/y"), device, fifo, hard}));
}

TEST_F(ErofsTest, WhiteoutsAndOpaqueMarksAreOverlays) {
  FullEntry gone{{.path = "d/gone", .kind = EntryKind::Whiteout}, ""};
  FullEntry opaque{{.path = "d", .kind = EntryKind::Opaque}, ""};
  std::string tar = tarOf({directory("d"), opaque, gone, file("d/kept", "k")});
  expectSameTree(tar);
  MountedTar mounted(tar);
  char value[8] = {};
  EXPECT_EQ(::lgetxattr((mounted.root() + "/d").c_str(), "trusted.overlay.opaque", value, sizeof(value)), 1);
  struct stat status;
  ASSERT_EQ(::lstat((mounted.root() + "/d/gone").c_str(), &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode) && status.st_rdev == 0);
}

TEST_F(ErofsTest, LongNamesLinksAndXattrsDoNotFitOneBlock) {
  std::vector<FullEntry> entries;
  std::string deep;
  for (int i = 0; i < 12; ++i)
    entries.push_back(directory(deep += (i ? "/" : "") + std::string(200 + i, char('a' + i))));
  entries.push_back(file(deep + "/" + std::string(255, 'n'), "content"));
  entries.push_back(link("short", "t"));
  entries.push_back(link("long", std::string(4000, 't')));
  FullEntry heavy = file("zz", "x");
  for (int i = 0; i < 20; ++i)
    heavy.entry.xattrs["user.number" + std::to_string(i)] = std::string(100 + size_t(i), char('a' + i));
  entries.push_back(heavy);
  expectSameTree(tarOf(entries));
}

TEST_F(ErofsTest, DirectoriesOfManyBlocksAreFoundByName) {
  std::vector<FullEntry> entries = {directory("many")};
  for (int i = 0; i < 5000; ++i)
    entries.push_back(file("many/" + std::to_string(100'000 + i) + (i % 3 ? "-+" : ".x"), std::to_string(i)));
  for (const char* odd : {"!", "+", "-", "..."}) entries.push_back(file(std::string("many/") + odd, odd));
  llvm::sort(entries, [](const FullEntry& a, const FullEntry& b) { return pathLess(a.entry.path, b.entry.path); });
  std::string tar = tarOf(entries);
  expectSameTree(tar);
  MountedTar mounted(tar);
  EXPECT_EQ(must(readFile(mounted.root() + "/many/104998.x")), "4998");
  EXPECT_FALSE(pathExists(mounted.root() + "/many/absent"));
  EXPECT_LT(mounted.indexSize(), 5004u * 120);
}

TEST_F(ErofsTest, SparseFilesKeepTheirHoles) {
  for (const char* format : {"--format=gnu", "--format=posix --sparse-version=0.0",
                             "--format=posix --sparse-version=0.1", "--format=posix --sparse-version=1.0"}) {
    SCOPED_TRACE(format);
    expectSameTree(tarBy(std::string("mkdir d; cd d; truncate -s 10M hole; truncate -s 3000000 mixed; "
                                     "printf begin | dd of=mixed conv=notrunc status=none; "
                                     "seq 20000 | dd of=mixed bs=4096 seek=300 conv=notrunc status=none; "
                                     "printf end >> mixed; seq 1000 > full; "
                                     "tar -cSf ../out.tar ") +
                         format + " hole mixed full"));
  }
}

TEST_F(ErofsTest, WhatATarSaysTwiceIsReadAsWhenUnpacked) {
  expectSameTree(tarBy(R"(
    mkdir -p a/d; echo 1 > a/f; echo 2 > a/d/x; ln a/f a/h; ln -s d a/l; tar -cf out.tar -C a .
    rm -r a/d a/l; echo new > a/f; mkdir a/l; echo 3 > a/l/y; echo file > a/d; tar -rf out.tar -C a .
    mkdir -p b/l; echo through > b/l/z; tar -rf out.tar -C b l/z
  )"));
}

TEST_F(ErofsTest, AnyTarShowsWhatUnpackingShows) {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    expectSameTree(RandomTar(seed, Judges::IndexAndUnpacking).bytes());
  }
}

TEST_F(ErofsTest, TheSameTarGivesTheSameIndex) {
  std::string tar = tarOf({directory("d"), file("d/a", "1"), file("d/b", "2")});
  auto indexOf = [&] {
    LayerIndex index;
    StringSource source(tar);
    must(scanLayerTar(source, [&](const LayerEntry& entry, const TarPlace& place) { return index.add(entry, place); }));
    StringSink image;
    must(writeErofs(index, -1, tar.size(), image));
    return image.text;
  };
  EXPECT_EQ(indexOf(), indexOf());
}

TEST_F(ErofsTest, LyingSizesAreRefused) {
  LayerIndex index;
  must(index.add(file("f", "").entry, {}));
  LayerEntry lying = file("g", "").entry;
  lying.size = 1 << 20;
  must(index.add(lying, {.data = 512, .extents = {}}));
  StringSink image;
  EXPECT_FAULT(writeErofs(index, -1, 2048, image), FaultKind::Invalid);

  LayerIndex fine;
  lying.size = uint64_t(1) << 60;
  must(fine.add(lying, {.data = 512, .extents = {{512, 512, 512}}}));
  EXPECT_FAULT_SAYING(writeErofs(fine, -1, 2048, image), FaultKind::Invalid, "too many pieces");
}
}  // namespace
}  // namespace strata::layerfs::testing
