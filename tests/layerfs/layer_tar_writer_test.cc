#include "layer_trees.h"

namespace strata::layerfs::testing {
namespace {

TEST(LayerTarWriter, AnEmptyLayerIsTwoZeroBlocks) { EXPECT_EQ(tarOf({}), std::string(1024, '\0')); }

TEST(LayerTarWriter, HeaderHasNoUserNamesAndDirectoriesEndWithASlash) {
  std::string tar = tarOf({directory("etc"), file("etc/passwd", "root")});
  EXPECT_EQ(llvm::StringRef(tar.data()), "etc/");
  EXPECT_EQ(tar[156], '5');
  EXPECT_EQ(llvm::StringRef(tar.data() + 257, 8), llvm::StringRef("ustar\00000", 8));
  EXPECT_EQ(llvm::StringRef(tar.data() + 265, 64), std::string(64, '\0'));
  EXPECT_EQ(llvm::StringRef(tar.data() + 512), "etc/passwd");
  EXPECT_EQ(tar.size(), 512u * 5);
}

TEST(LayerTarWriter, BytesAreAlwaysTheSame) {
  FullEntry rich = file("usr/bin/tool", "content", 04755);
  rich.entry.mtime = 1'700'000'000'500'000'000;
  rich.entry.uid = 3'000'000;
  rich.entry.xattrs = {{"user.b", "2"}, {"security.capability", std::string("\1\0\0\2", 4)}};
  std::string tar = tarOf({directory("usr"), directory("usr/bin"), rich, marker("usr/gone", EntryKind::Whiteout)});
  EXPECT_EQ(digestOf(tar).hex(), "9c86780bcba3af5a526562420f6ef118da8e995e438b9ed22a6a263be17ce7e6");
  EXPECT_THAT(tar, ::testing::HasSubstr("22 mtime=1700000000.5\n"));
  EXPECT_THAT(tar, ::testing::HasSubstr("15 uid=3000000\n"));
}

TEST(LayerTarWriter, RootAndSocketsAreLeftOut) {
  EXPECT_EQ(tarOf({directory("", 0700), marker("run/socket", EntryKind::Socket)}), tarOf({}));
}

TEST(LayerTarWriter, RemovalsBecomeMarkerFiles) {
  std::string tar =
      tarOf({marker("", EntryKind::Opaque), marker("a/b", EntryKind::Whiteout), marker("d", EntryKind::Opaque)});
  EXPECT_EQ(llvm::StringRef(tar.data()), ".wh..wh..opq");
  EXPECT_EQ(llvm::StringRef(tar.data() + 512), "a/.wh.b");
  EXPECT_EQ(llvm::StringRef(tar.data() + 1024), "d/.wh..wh..opq");
}

TEST(LayerTarWriter, NamesThatWouldRemoveAreRefused) {
  StringSink sink;
  LayerTarWriter writer(sink);
  StringSource content("");
  EXPECT_FAULT_SAYING(writer.add(file("a/.wh.b", "").entry, &content), FaultKind::Invalid, ".wh.");
}

TEST(LayerTarWriter, ContentThatChangedMeanwhileIsAFault) {
  StringSink sink;
  LayerTarWriter writer(sink);
  StringSource shorter("ab"), longer("abcd");
  LayerEntry entry = file("f", "abc").entry;
  EXPECT_FAULT_SAYING(writer.add(entry, &shorter), FaultKind::Invalid, "shorter");
  EXPECT_FAULT_SAYING(writer.add(entry, &longer), FaultKind::Invalid, "longer");
}

TEST(LayerTarWriter, OverlaysOwnXattrsStayHome) {
  FullEntry entry = directory("d");
  entry.entry.xattrs = {{"trusted.overlay.opaque", "y"}, {"user.overlay.origin", "x"}, {"security.selinux", "label"}};
  EXPECT_EQ(tarOf({entry}), tarOf({directory("d")}));
}

TEST(LayerTarWriter, EverythingComesBackAsItWent) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "directory" + std::to_string(i) + "/";
  std::vector<FullEntry> entries;
  for (std::string path :
       {std::string(100, 'a'), std::string(101, 'b'), std::string(155, 'p') + "/" + std::string(100, 'n'),
        std::string(156, 'q') + "/x", deep + "end", std::string("\xff\xfe", 2) + std::string(120, 'z'),
        std::string("\xc3\xbc"), "\xe6\xbc\xa2" + std::string(240, 'k')})
    entries.push_back(file(path, "content of " + path));
  entries.push_back(link("s", std::string(300, 't')));
  entries.push_back(link("s2", "\xff/../x"));
  entries.push_back(link("h", entries[1].entry.path, EntryKind::Hardlink));
  FullEntry odd = file("odd", std::string(70'000, 'o'), 07777);
  odd.entry.uid = 4'294'967'294;
  odd.entry.gid = 2'097'152;
  odd.entry.xattrs = {{"user.x", std::string("\0\n=\xff", 4)}, {"security.capability", "cap"}, {"user.empty", ""}};
  for (int64_t time : {int64_t(1), int64_t(999'999'999), int64_t(-1'000'000'000), int64_t(-1'500'000'000),
                       int64_t(9'000'000'000'000'000'000), int64_t(1'700'000'000'000'000'001)}) {
    odd.entry.path = "odd" + std::to_string(time);
    odd.entry.mtime = time;
    entries.push_back(odd);
  }
  Collected expected{entries};
  EXPECT_THAT(tarEntries(tarOf(entries)).lines(), ::testing::ElementsAreArray(expected.lines()));
}

/// From every block of the archive on: the room takes none, all sizes up to the alignment, and one block more.
TEST(LayerTarWriter, WhatIsStreamedBeginsWhereItIsWanted) {
  constexpr size_t kAlignment = 64 << 10;
  LayerEntry streamed{.path = "blob", .kind = EntryKind::File, .mode = 0644, .size = 5};
  for (size_t blocks = 0; blocks <= kAlignment / kTarBlock; ++blocks) {
    StringSink sink;
    LayerTarWriter writer(sink);
    FullEntry before = file("before", std::string(blocks * kTarBlock, 'b'));
    StringSource content(before.content);
    must(writer.add(before.entry, &content));
    auto produce = [](ByteSink& into) { return into.write("blob!"); };
    must(writer.addStreamed(streamed, produce, kAlignment));
    must(writer.addStreamed(streamed, produce));
    must(writer.finish());
    EXPECT_EQ(sink.text.find("blob!") % kAlignment, 0u) << blocks;
    EXPECT_EQ(sink.text.rfind("blob!"), sink.text.find("blob!") + 2 * kTarBlock) << blocks;
    FullEntry after{streamed, "blob!"};
    EXPECT_EQ(tarEntries(sink.text).lines(), tarEntries(tarOf({before, after, after})).lines()) << blocks;
  }
}

TEST(LayerTarWriter, LargeFilesKeepTheirSize) {
  class Zeros : public ByteSource {
  public:
    explicit Zeros(uint64_t size) : rest_(size) {}
    llvm::Expected<size_t> read(char* buffer, size_t size) override {
      size = size_t(std::min<uint64_t>(size, rest_));
      std::memset(buffer, 0, size);
      rest_ -= size;
      return size;
    }
    uint64_t rest_;
  };
  /// Keeps the first kilobyte only.
  class Head : public ByteSink {
  public:
    llvm::Error write(llvm::StringRef bytes) override {
      text += bytes.take_front(2048 - std::min<size_t>(2048, text.size()));
      total += bytes.size();
      return llvm::Error::success();
    }
    std::string text;
    uint64_t total = 0;
  };
  uint64_t size = (uint64_t(8) << 30) + 5;
  Zeros zeros(size);
  Head head;
  LayerTarWriter writer(head);
  LayerEntry entry{.path = "huge", .kind = EntryKind::File, .size = size};
  must(writer.add(entry, &zeros));
  must(writer.finish());
  EXPECT_THAT(head.text, ::testing::HasSubstr("19 size=8589934597\n"));
  EXPECT_EQ(head.total, 512 * 3 + size + (512 - size % 512) + 1024);
}

}  // namespace
}  // namespace strata::layerfs::testing
