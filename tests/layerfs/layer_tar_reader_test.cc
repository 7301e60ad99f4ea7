#include "layer_trees.h"

namespace strata::layerfs::testing {
namespace {

std::string gnuTar(const std::string& script) {
  TempDir directory = makeTempDir();
  shell("cd " + directory.path() + " && mkdir t && cd t\n" + script);
  return must(readFile(directory.path() + "/out.tar"));
}

SeenFault readFault(llvm::StringRef tar) {
  StringSource source(tar);
  return faultOf(readLayerTar(
      source, [](const LayerEntry&, ByteSource& content) { return readAll(content, 1 << 28).takeError(); }));
}

/// The one header of a small archive with another name in it.
std::string tarNamed(llvm::StringRef name, char type = '0', llvm::StringRef target = "") {
  std::string tar = tarOf({file("placeholder", "")});
  std::fill_n(tar.begin(), 100, '\0');
  std::copy(name.begin(), name.end(), tar.begin());
  tar[156] = type;
  std::copy(target.begin(), target.end(), tar.begin() + 157);
  std::fill_n(tar.begin() + 148, 8, ' ');
  unsigned sum = 0;
  for (int i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[size_t(i)]);
  std::snprintf(tar.data() + 148, 8, "%06o", sum);
  return tar;
}

TEST(LayerTarReader, PathsAreCleaned) {
  for (llvm::StringRef name : {"./a/b", "/a/b", "a//b", "a/./b", "a/x/../b", "./a/b/"}) {
    auto seen = tarEntries(tarNamed(name));
    ASSERT_EQ(seen.entries.size(), 1u) << name.str();
    EXPECT_EQ(seen.entries[0].entry.path, "a/b") << name.str();
  }
}

TEST(LayerTarReader, PathsThatLeaveTheLayerAreRefused) {
  for (llvm::StringRef name : {"..", "../x", "/../x", "a/../../x"})
    EXPECT_EQ(readFault(tarNamed(name)).kind, FaultKind::Invalid) << name.str();
  EXPECT_EQ(readFault(tarNamed("x", '1', "../etc/passwd")).kind, FaultKind::Invalid);
  EXPECT_EQ(readFault(tarNamed("/", '2', "etc")).kind, FaultKind::Invalid);
}

TEST(LayerTarReader, RemovalsThatNameNothingAreRefused) {
  for (llvm::StringRef name : {".wh.", ".wh..", ".wh...", "a/.wh.", ".wh.x/y"})
    EXPECT_EQ(readFault(tarNamed(name)).kind, FaultKind::Invalid) << name.str();
}

TEST(LayerTarReader, AufsBookkeepingIsIgnored) {
  for (llvm::StringRef name : {".wh..wh.plnk/123", ".wh..wh.aufs", "a/.wh..wh.orph/x"})
    EXPECT_TRUE(tarEntries(tarNamed(name)).entries.empty()) << name.str();
}

TEST(LayerTarReader, OverlaysMarksFromOutsideAreNotTrusted) {
  FullEntry device = marker("dev", EntryKind::CharacterDevice);
  EXPECT_EQ(tarEntries(tarOf({device})).entries[0].entry.kind, EntryKind::Whiteout);
  TempDir work = makeTempDir();
  std::string path = work.path() + "/d";
  ASSERT_EQ(::mkdir(path.c_str(), 0755), 0);
  ASSERT_EQ(::setxattr(path.c_str(), "user.overlay.opaque", "y", 1, 0), 0);
  ASSERT_EQ(::setxattr(path.c_str(), "user.mine", "m", 1, 0), 0);
  shell("cd " + work.path() + " && tar --xattrs --format=pax -cf out.tar d");
  std::string tar = must(readFile(work.path() + "/out.tar"));
  ASSERT_THAT(tar, ::testing::HasSubstr("user.overlay.opaque"));
  EXPECT_THAT(tarEntries(tar).entries[0].entry.xattrs, ::testing::ElementsAre(std::pair("user.mine", "m")));
}

TEST(LayerTarReader, WhatIsNoTarOrEndsEarlyIsAFault) {
  EXPECT_EQ(readFault("").kind, FaultKind::Invalid);
  EXPECT_EQ(readFault(std::string(2000, 'x')).kind, FaultKind::Invalid);
  std::string tar = tarOf({file("f", std::string(5000, 'f'))});
  EXPECT_EQ(readFault(llvm::StringRef(tar).take_front(3000)).kind, FaultKind::Invalid);
  EXPECT_EQ(readFault(llvm::StringRef(tar).take_front(700)).kind, FaultKind::Invalid);
}

TEST(LayerTarReader, TheSourcesOwnFaultComesThrough) {
  class Broken : public ByteSource {
  public:
    llvm::Expected<size_t> read(char*, size_t) override { return fault(FaultKind::Unavailable, "the line is dead"); }
  };
  Broken broken;
  EXPECT_FAULT_SAYING(readLayerTar(broken, [](auto&, auto&) { return llvm::Error::success(); }), FaultKind::Unavailable,
                      "the line is dead");
}

TEST(LayerTarReader, TheVisitorsFaultStopsTheReading) {
  StringSource source("");
  std::string tar = tarOf({file("a", "1"), file("b", "2")});
  source = StringSource(tar);
  int visits = 0;
  EXPECT_FAULT(readLayerTar(source,
                            [&](auto&, auto&) {
                              ++visits;
                              return fault(FaultKind::Cancelled, "stop");
                            }),
               FaultKind::Cancelled);
  EXPECT_EQ(visits, 1);
}

class TarDialects : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Every, TarDialects, ::testing::Values("gnu", "pax", "ustar", "oldgnu"));

TEST_P(TarDialects, AreRead) {
  SKIP_UNLESS_ROOT();
  std::string format = GetParam();
  std::string longName = format == "ustar" ? "short" : std::string(180, 'l');
  std::string tar = gnuTar(
      "mkdir -p d/e; echo hello > d/e/f; ln d/e/f d/hard; ln -s e/f d/soft; mknod d/null c 1 3\n"
      "mkfifo d/pipe; echo long > d/" +
      longName +
      "; printf x > $'d/\\xfc\\xff'; printf y > d/ü\n"
      "tar --sort=name --numeric-owner --format=" +
      format + " -cf ../out.tar d");
  auto seen = tarEntries(tar);
  std::map<std::string, FullEntry> byPath;
  for (auto& full : seen.entries) byPath[full.entry.path] = full;
  EXPECT_EQ(byPath["d/e/f"].content, "hello\n");
  EXPECT_EQ(byPath["d/hard"].entry.kind, EntryKind::Hardlink);
  EXPECT_EQ(byPath["d/hard"].entry.linkTarget, "d/e/f");
  EXPECT_EQ(byPath["d/soft"].entry.linkTarget, "e/f");
  EXPECT_EQ(byPath["d/null"].entry.deviceMinor, 3u);
  EXPECT_EQ(byPath["d/pipe"].entry.kind, EntryKind::Fifo);
  EXPECT_EQ(byPath["d/" + longName].content, "long\n");
  EXPECT_EQ(byPath["d/\xfc\xff"].content, "x");
  EXPECT_EQ(byPath["d/ü"].content, "y");
}

class SparseDialects : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Every, SparseDialects,
                         ::testing::Values("--format=gnu", "--format=pax --sparse-version=0.0",
                                           "--format=pax --sparse-version=0.1", "--format=pax --sparse-version=1.0"));

TEST_P(SparseDialects, AreExpanded) {
  std::string tar = gnuTar(
      "truncate -s 3M s; printf middle | dd of=s bs=1 seek=1500000 conv=notrunc status=none\n"
      "truncate -s 2M hole\ntar -S " +
      std::string(GetParam()) + " -cf ../out.tar s hole");
  ASSERT_LT(tar.size(), 100'000u) << "tar did not make a sparse archive";
  auto seen = tarEntries(tar);
  ASSERT_EQ(seen.entries.size(), 2u);
  std::string expected(3 << 20, '\0');
  expected.replace(1500000, 6, "middle");
  EXPECT_EQ(seen.entries[0].entry.size, expected.size());
  EXPECT_TRUE(seen.entries[0].content == expected);
  EXPECT_TRUE(seen.entries[1].content == std::string(2 << 20, '\0'));
}

}  // namespace
}  // namespace strata::layerfs::testing
