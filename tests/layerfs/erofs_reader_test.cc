#include "layerfs/erofs_reader.h"

#include "erofs_tars.h"

namespace strata::layerfs::testing {
namespace {

ErofsReader openReader(const IndexedTar& tar) { return must(ErofsReader::open(tar.index(), tar.tar())); }

Collected walkedIndex(const ErofsReader& reader) {
  Collected seen;
  must(reader.walk(seen));
  return seen;
}

std::string contentOf(const ErofsReader& reader, ErofsReader::Number number) {
  auto source = must(reader.content(number));
  return must(readAll(*source, 1 << 28));
}

class ErofsReaderTest : public ::testing::Test {
protected:
  void SetUp() override { SKIP_UNLESS_ROOT(); }
  static void expectAsMounted(llvm::StringRef tar) {
    MountedTar mounted(tar);
    EXPECT_EQ(walkedIndex(openReader(mounted)).lines(/*withRoot=*/true),
              testing::walked(mounted.root()).lines(/*withRoot=*/true));
  }
};

TEST_F(ErofsReaderTest, AnyLayerIsReadAsItIsMounted) {
  for (unsigned seed = 100; seed < 125; ++seed) {
    SCOPED_TRACE(seed);
    expectAsMounted(RandomTar(seed).bytes());
  }
}

/// What GNU tar packs and unpacks, in each of its formats, is what is read through the index.
TEST_F(ErofsReaderTest, ATreeIsReadAsGnuTarUnpacksIt) {
  const char* formats[] = {"gnu", "oldgnu", "posix"};
  for (unsigned seed = 0; seed < 6; ++seed) {
    SCOPED_TRACE(seed);
    TempDir work = makeTempDir();
    must(makeDirectories(work.path() + "/from"));
    must(makeDirectories(work.path() + "/to"));
    RandomTree tree(work.path() + "/from", seed);
    std::string format = formats[seed % 3];
    std::string xattrs = format == "posix" ? " --xattrs '--xattrs-include=*'" : "";
    shell("cd " + work.path() + "; tar -cf tar --format=" + format + " --numeric-owner" + xattrs +
          " -C from .; tar -xpf tar --same-owner --numeric-owner" + xattrs + " -C to");
    std::string tar = must(readFile(work.path() + "/tar"));
    EXPECT_EQ(walkedIndex(openReader(IndexedTar(tar))).lines(), testing::walked(work.path() + "/to").lines());
    expectAsMounted(tar);
  }
}

TEST_F(ErofsReaderTest, SparseFilesAreReadWithTheirHoles) {
  expectAsMounted(
      tarBy("truncate -s 10M hole; truncate -s 3000000 mixed; printf begin | dd of=mixed conv=notrunc; "
            "seq 20000 | dd of=mixed bs=4096 seek=300 conv=notrunc; printf end >> mixed; "
            "tar --format=posix -cSf out.tar hole mixed"));
}

TEST_F(ErofsReaderTest, AFileWhosePiecesLieCrookedIsReadFromTheIndex) {
  TempDir work = makeTempDir();
  std::string tar(4096, '\0');
  for (size_t i = 0; i < tar.size(); ++i) tar[i] = char('a' + i % 26);
  must(writeFileAtomically(work.path() + "/tar", tar));
  LayerIndex tree;
  LayerEntry entry = file("f", "").entry;
  entry.size = 2000;
  must(tree.add(entry, {.data = 0, .extents = {{100, 300, 512}, {1999, 1, 1024}}}));
  UniqueFd opened = must(openFile(work.path() + "/tar", O_RDONLY));
  StringSink index;
  must(writeErofs(tree, opened.get(), tar.size(), index));
  must(writeFileAtomically(work.path() + "/index", index.text));
  auto reader = must(ErofsReader::open(work.path() + "/index", work.path() + "/tar"));
  std::string expected(2000, '\0');
  expected.replace(100, 300, tar.substr(512, 300));
  expected[1999] = tar[1024];
  EXPECT_EQ(contentOf(reader, must(reader.find("f"))->number), expected);
}

TEST_F(ErofsReaderTest, PathsAreFoundAsTheyAre) {
  ErofsReader reader = openReader(IndexedTar(
      tarOf({directory("d", 0700), file("d/f", "content"), link("d/l", "f"), link("l", "d"), file("z", "")})));
  EXPECT_EQ(must(reader.find(""))->entry.kind, EntryKind::Directory);
  auto found = must(reader.find("d/f"));
  ASSERT_TRUE(found);
  EXPECT_EQ(describe(found->entry, "content"), describe(file("d/f", "content").entry, "content"));
  EXPECT_EQ(contentOf(reader, found->number), "content");
  EXPECT_EQ(must(reader.find("d/l"))->entry.linkTarget, "f");
  for (const char* absent : {"x", "d/x", "d/f/x", "l/f", "d/.", "d/..", ".", "d//f"})
    EXPECT_FALSE(must(reader.find(absent))) << absent;
}

TEST_F(ErofsReaderTest, ResolvingFollowsLinksWithinTheLayer) {
  ErofsReader reader = openReader(
      IndexedTar(tarOf({directory("a"), directory("a/b"), file("a/b/f", "1"), link("a/up", "../../../a/b"),
                        link("abs", "/a/./b//f"), link("loop", "pool"), link("pool", "loop"), link("to", "abs")})));
  auto pathOf = [&](llvm::StringRef path) {
    auto found = must(reader.resolve(path));
    return found ? found->entry.path : "nothing";
  };
  EXPECT_EQ(pathOf("to"), "a/b/f");
  EXPECT_EQ(pathOf("/a/up/f"), "a/b/f");
  EXPECT_EQ(pathOf("a/b/../../abs"), "a/b/f");
  EXPECT_EQ(pathOf("../.."), "");
  EXPECT_EQ(pathOf("a/b/f/x"), "nothing");
  EXPECT_EQ(pathOf("a/up/x"), "nothing");
  EXPECT_FAULT_SAYING(reader.resolve("loop"), FaultKind::Invalid, "circle");
}

TEST_F(ErofsReaderTest, LargeDirectoriesAreListedInOrderAndSearched) {
  std::vector<FullEntry> entries = {directory("many")};
  for (int i = 0; i < 3000; ++i)
    entries.push_back(file("many/" + std::to_string(100'000 + i) + ".x", std::to_string(i)));
  for (const char* odd : {"!", "+", "...", "-"}) entries.push_back(file(std::string("many/") + odd, odd));
  ErofsReader reader = openReader(IndexedTar(tarOf(entries)));
  auto children = must(reader.list(must(reader.find("many"))->number));
  EXPECT_EQ(children.size(), 3004u);
  EXPECT_TRUE(llvm::is_sorted(children, [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const auto& child : children) {
    auto found = must(reader.find("many/" + child.name));
    ASSERT_TRUE(found) << child.name;
    EXPECT_EQ(found->number, child.number);
  }
  for (const char* absent : {"many/.", "many/0", "many/100001", "many/zzz"})
    EXPECT_FALSE(must(reader.find(absent))) << absent;
}

TEST_F(ErofsReaderTest, HardLinksAreNamesOfOneNumber) {
  ErofsReader reader = openReader(IndexedTar(tarOf(
      {file("a", "x"), link("b", "a", EntryKind::Hardlink), link("c", "a", EntryKind::Hardlink), file("d", "x")})));
  auto a = must(reader.find("a")), c = must(reader.find("c")), d = must(reader.find("d"));
  EXPECT_EQ(a->number, c->number);
  EXPECT_NE(a->number, d->number);
  EXPECT_EQ(a->links, 3u);
}

TEST_F(ErofsReaderTest, OpaqueDirectoriesAndWhiteoutsAreWhatTheyAre) {
  ErofsReader reader = openReader(IndexedTar(
      tarOf({directory("d"), marker("d", EntryKind::Opaque), marker("d/gone", EntryKind::Whiteout), directory("e")})));
  EXPECT_TRUE(must(reader.find("d"))->opaque);
  EXPECT_FALSE(must(reader.find("e"))->opaque);
  EXPECT_EQ(must(reader.find("d/gone"))->entry.kind, EntryKind::Whiteout);
}

TEST_F(ErofsReaderTest, AnIndexOfAnotherTarIsRefused) {
  IndexedTar one(tarOf({file("a", std::string(5000, 'x'))})), other(tarOf({file("a", "x")}));
  EXPECT_FAULT_SAYING(ErofsReader::open(one.index(), other.tar()), FaultKind::Corrupt, "another size");
  EXPECT_FAULT_SAYING(ErofsReader::open(one.tar(), one.tar()), FaultKind::Corrupt, "does not begin");
  EXPECT_FAULT(ErofsReader::open(one.index() + "x", one.tar()), FaultKind::NotFound);
}

/// Reads all there is; true if nothing was found to be damaged.
bool survives(std::unique_ptr<llvm::MemoryBuffer> index, const std::string& tar) {
  auto reader = ErofsReader::open(std::move(index), must(openFile(tar, O_RDONLY)));
  if (!reader) {
    EXPECT_FAULT(reader.takeError(), FaultKind::Corrupt);
    return false;
  }
  auto seen = faultOf(reader->walk([](const LayerEntry&, ByteSource& content) -> llvm::Error {
    char buffer[4096];
    for (uint64_t rest = 1 << 20; rest > 0;) {
      auto got = content.read(buffer, std::min<uint64_t>(sizeof(buffer), rest));
      if (!got) return got.takeError();
      if (*got == 0) break;
      rest -= *got;
    }
    return llvm::Error::success();
  }));
  EXPECT_EQ(seen.kind.value_or(FaultKind::Corrupt), FaultKind::Corrupt) << seen.message;
  return !seen.kind;
}

TEST_F(ErofsReaderTest, DamageIsSaidAndNeverFollowed) {
  FullEntry tagged = file("d/tagged", std::string(3000, 'x'));
  tagged.entry.xattrs = {{"user.a", "1"}, {"security.capability", std::string(20, '\1')}};
  std::vector<FullEntry> entries = {directory("d"), tagged, link("d/l", "tagged"),
                                    link("h", "d/tagged", EntryKind::Hardlink)};
  for (int i = 0; i < 60; ++i) entries.push_back(file("d/x" + std::to_string(100 + i), "y"));
  llvm::sort(entries, [](const FullEntry& a, const FullEntry& b) { return pathLess(a.entry.path, b.entry.path); });
  IndexedTar tar(tarOf(entries));
  std::string good = must(readFile(tar.index()));
  auto tryBytes = [&](llvm::StringRef bytes) {
    return survives(llvm::MemoryBuffer::getMemBuffer(bytes, "index", false), tar.tar());
  };
  ASSERT_TRUE(tryBytes(good));
  for (size_t size = 0; size < good.size(); size += 97) EXPECT_FALSE(tryBytes(llvm::StringRef(good).take_front(size)));
  size_t refused = 0;
  for (size_t at = 1024; at < good.size(); ++at)
    for (unsigned char flip : {0x01, 0x80, 0xff}) {
      std::string bad = good;
      bad[at] = char(bad[at] ^ flip);
      refused += !tryBytes(bad);
    }
  EXPECT_GT(refused, good.size() / 8);
}

/// A circle of directories, and one directory under two names.
TEST_F(ErofsReaderTest, WhatIsNoTreeIsNotWalked) {
  IndexedTar tar(tarOf({directory("a"), directory("a/b"), directory("a/c")}));
  auto numberOf = [&](const char* path) { return must(openReader(tar).find(path))->number; };
  std::string good = must(readFile(tar.index()));
  auto redirected = [&](const char* from, const char* to) {
    std::string bad = good;
    uint64_t before = numberOf(from), after = numberOf(to);
    // In the directory of `from`: its own "." is the first to hold the number of `to` or `from`, so all are replaced.
    for (size_t at = 0; at + 8 <= bad.size(); at += 4) {
      uint64_t here;
      std::memcpy(&here, &bad[at], 8);
      if (here == before) std::memcpy(&bad[at], &after, 8);
    }
    return bad;
  };
  for (auto [from, to] : {std::pair("a/b", "a"), std::pair("a/b", "a/c"), std::pair("a", "")}) {
    std::string bad = redirected(from, to);
    ASSERT_NE(bad, good);
    EXPECT_FALSE(survives(llvm::MemoryBuffer::getMemBuffer(bad, "index", false), tar.tar())) << from;
  }
}

std::string tarOfFiles(unsigned count) {
  StringSink tar;
  LayerTarWriter writer(tar);
  must(writer.add({.path = "d", .kind = EntryKind::Directory, .mode = 0755}, nullptr));
  for (unsigned i = 0; i < count; ++i)
    must(writer.add({.path = "d/" + std::to_string(1'000'000 + i), .kind = EntryKind::File, .mode = 0644}, nullptr));
  must(writer.finish());
  return std::move(tar.text);
}

/// Bytes of a mapped file that count as memory of this process.
uint64_t residentOf(const std::string& path) {
  std::string maps = must(readFile("/proc/self/smaps"));
  llvm::StringRef rest = llvm::StringRef(maps).split(" " + path + "\n").second.split("Rss:").second.ltrim();
  uint64_t kilobytes = 0;
  EXPECT_FALSE(rest.consumeInteger(10, kilobytes)) << path << " is not mapped";
  return kilobytes * 1024;
}

TEST_F(ErofsReaderTest, OfALargeIndexOnlyWhatWasLookedAtLatelyTakesMemory) {
  constexpr unsigned kFiles = 200'000;
  IndexedTar tar(tarOfFiles(kFiles));
  ErofsReader reader = openReader(tar);
  unsigned seen = 0;
  must(reader.walk([&](const LayerEntry& entry, ByteSource&) -> llvm::Error {
    if (seen++ > 1) {
      EXPECT_EQ(entry.path, "d/" + std::to_string(1'000'000 + seen - 3));
    }
    if (seen % 50'000 == 0) {
      EXPECT_LT(residentOf(tar.index()), tar.indexSize() / 2) << seen;
    }
    return llvm::Error::success();
  }));
  EXPECT_EQ(seen, kFiles + 2);
  EXPECT_LT(residentOf(tar.index()), tar.indexSize() / 2);
}

}  // namespace
}  // namespace strata::layerfs::testing
