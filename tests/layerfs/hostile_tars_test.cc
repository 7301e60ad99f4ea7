/// Tars that nobody's tar makes: each is refused with a word on why, or shows what docker makes of it, through the
/// mounted index as through the reader.

#include "layerfs/erofs_reader.h"

#include "erofs_tars.h"

namespace strata::layerfs::testing {
namespace {

/// One header as the bytes that a tar has, any field at will.
struct Header {
  std::string name = "f";
  char type = '0';
  std::string size = "00000000000";
  std::string linkTarget = {}, uid = "0000000", mtime = "00000000000", major = {}, minor = {};

  std::string bytes() const {
    std::string block(512, '\0');
    auto put = [&](size_t at, const std::string& text) { block.replace(at, text.size(), text); };
    put(0, name.substr(0, 100));
    put(100, "0000644");
    put(108, uid);
    put(116, "0000000");
    put(124, size);
    put(136, mtime);
    put(148, "        ");
    block[156] = type;
    put(157, linkTarget.substr(0, 100));
    put(257, std::string("ustar\00000", 8));
    put(329, major);
    put(337, minor);
    unsigned sum = 0;
    for (char byte : block) sum += uint8_t(byte);
    char text[8];
    std::snprintf(text, sizeof text, "%06o", sum);
    block.replace(148, 7, text, 7);
    return block;
  }
};

std::string padded(std::string content) {
  content.resize((content.size() + 511) / 512 * 512);
  return content;
}
std::string octal(uint64_t number) {
  char text[16];
  std::snprintf(text, sizeof text, "%011llo", static_cast<unsigned long long>(number));
  return text;
}
std::string paxRecord(const std::string& key, const std::string& value) {
  size_t rest = key.size() + value.size() + 3, length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return std::to_string(length) + " " + key + "=" + value + "\n";
}
std::string pax(const std::string& records) {
  return Header{.name = "pax", .type = 'x', .size = octal(records.size())}.bytes() + padded(records);
}
const std::string kEnd(1024, '\0');

llvm::Error indexing(llvm::StringRef tar) {
  LayerIndex index;
  if (auto error = scanInto(index, tar)) return error;
  TempDir directory = makeTempDir();
  must(writeFileAtomically(directory.path() + "/tar", tar));
  UniqueFd file = must(openFile(directory.path() + "/tar", O_RDONLY));
  StringSink image;
  return writeErofs(index, file.get(), tar.size(), image);
}
#define EXPECT_REFUSED(tar, saying) EXPECT_FAULT_SAYING(indexing(tar), FaultKind::Invalid, saying)

class HostileTars : public ::testing::Test {
protected:
  void SetUp() override { SKIP_UNLESS_ROOT(); }
  /// What the reader sees, once the mount was seen to show the same.
  static std::vector<std::string> shown(llvm::StringRef tar) {
    MountedTar mounted(tar);
    auto reader = must(ErofsReader::open(mounted.index(), mounted.tar()));
    Collected seen;
    must(reader.walk(seen));
    EXPECT_EQ(seen.lines(/*withRoot=*/true), walked(mounted.root()).lines(/*withRoot=*/true));
    return seen.paths();
  }
};
using Paths = std::vector<std::string>;

TEST_F(HostileTars, NamesThatLeaveTheLayerAreRefused) {
  for (const char* name : {"../f", "a/../../f", "/../f", "./.."})
    EXPECT_REFUSED((Header{.name = name}.bytes() + kEnd), "leaves the layer");
  EXPECT_REFUSED((Header{.name = "l", .type = '1', .linkTarget = "../../etc/passwd"}.bytes() + kEnd),
                 "leaves the layer");
}

TEST_F(HostileTars, AbsoluteNamesBelongToTheLayer) {
  EXPECT_EQ(shown(Header{.name = "/etc/passwd"}.bytes() + Header{.name = "//a/./b/../c"}.bytes() + kEnd),
            (Paths{"a", "a/c", "etc", "etc/passwd"}));
}

TEST_F(HostileTars, LinksAreFollowedWithinTheLayerAlone) {
  std::string tar = tarOf({link("abs", "/etc"), link("up", "../../../../tmp"), link("chain", "up/../abs")});
  tar.resize(tar.size() - 1024);
  for (const char* name : {"abs/1", "up/2", "chain/3"}) tar += Header{.name = name}.bytes();
  tar += Header{.name = "h", .type = '1', .linkTarget = "chain/1"}.bytes();
  EXPECT_EQ(shown(tar + kEnd), (Paths{"abs", "chain", "etc", "etc/1", "etc/3", "h", "tmp", "tmp/2", "up"}));
}

TEST_F(HostileTars, LinksInACircleAreRefused) {
  EXPECT_REFUSED(tarOf({link("a", "b"), link("b", "a"), file("a/f", "")}), "circle");
  EXPECT_REFUSED(tarOf({link("a", "a"), link("x", "a/f", EntryKind::Hardlink)}), "circle");
}

TEST_F(HostileTars, HardLinksNeedWhatTheyLinkTo) {
  EXPECT_REFUSED(tarOf({link("h", "later", EntryKind::Hardlink), file("later", "")}), "which is not there");
  EXPECT_REFUSED(tarOf({directory("d"), link("h", "d", EntryKind::Hardlink)}), "to a directory");
  EXPECT_REFUSED(tarOf({directory("d"), file("d/f", ""), link("d", "d/f", EntryKind::Hardlink)}), "which is not there");
  EXPECT_REFUSED(tarOf({file("f", ""), file("f/g", "")}), "is no directory");
}

TEST_F(HostileTars, TheLastOfConflictingEntriesStays) {
  std::string tar = tarOf({file("a", "1"), directory("b"), file("b/x", "2"), link("c", "b")});
  tar.resize(tar.size() - 1024);
  std::string later = tarOf({directory("a"), file("b", "3"), file("c", "4"), file("a/y", "5"), file("a/y", "6")});
  EXPECT_EQ(shown(tar + later), (Paths{"a", "a/y", "b", "c"}));
  IndexedTar indexed(tar + later);
  auto reader = must(ErofsReader::open(indexed.index(), indexed.tar()));
  auto source = must(reader.content(must(reader.find("a/y"))->number));
  EXPECT_EQ(must(readAll(*source, 100)), "6");
}

TEST_F(HostileTars, NamesAsLongAsLinuxHasThemAndNoLonger) {
  std::string longest(255, 'n'), deep = longest;
  while (deep.size() < 4095) deep += "/" + longest;
  ASSERT_EQ(deep.size(), 4095u);
  EXPECT_EQ(shown(tarOf({file(deep, "x")})).back(), deep);
  EXPECT_REFUSED(tarOf({file(deep + "n", "x")}), "longer than 4096");
  EXPECT_REFUSED(tarOf({file(longest + "n", "x")}), "more than 255 bytes");
  EXPECT_REFUSED(tarOf({directory(std::string(600, 'n') + "/d")}), "more than 255 bytes");
  EXPECT_REFUSED(tarOf({marker(longest + "n", EntryKind::Whiteout)}), "more than 255 bytes");
  // A short name, but what it leads to is deeper than any path.
  EXPECT_REFUSED(tarOf({file(deep, "x"), link("l", deep.substr(0, deep.rfind('/'))),
                        file("l/" + std::string(255, 'm') + "/f", "")}),
                 "more than 4,095 bytes");
}

TEST_F(HostileTars, LinkTargetsAreAsLongAsLinuxHasThem) {
  std::string target(4095, 't');
  EXPECT_EQ(shown(tarOf({link("l", target)})), Paths{"l"});
  EXPECT_REFUSED(tarOf({link("l", target + "t")}), "more than 4,095 bytes");
  EXPECT_REFUSED((Header{.name = "l", .type = '2'}.bytes() + kEnd), "symbolic link to nothing");
}

TEST_F(HostileTars, MoreLinksThanSixteenBitsCount) {
  constexpr unsigned count = 70'000;
  StringSink sink;
  LayerTarWriter writer(sink);
  StringSource content("x");
  must(writer.add(file("first", "x").entry, &content));
  for (unsigned i = 1; i < count; ++i)
    must(writer.add(link("l" + std::to_string(100'000 + i), "first", EntryKind::Hardlink).entry, nullptr));
  must(writer.finish());
  MountedTar mounted(sink.text);
  struct stat status;
  ASSERT_EQ(::lstat((mounted.root() + "/l150000").c_str(), &status), 0);
  EXPECT_EQ(status.st_nlink, count);
  auto reader = must(ErofsReader::open(mounted.index(), mounted.tar()));
  unsigned links = 0;
  must(reader.walk([&](const LayerEntry& entry, ByteSource&) {
    links += entry.kind == EntryKind::Hardlink && entry.linkTarget == "first";
    return llvm::Error::success();
  }));
  EXPECT_EQ(links, count - 1);
}

TEST_F(HostileTars, MoreDirectoriesThanSixteenBitsCount) {
  StringSink sink;
  LayerTarWriter writer(sink);
  for (unsigned i = 0; i < 66'000; ++i) must(writer.add(directory("d" + std::to_string(100'000 + i)).entry, nullptr));
  must(writer.finish());
  MountedTar mounted(sink.text);
  struct stat status;
  ASSERT_EQ(::stat(mounted.root().c_str(), &status), 0);
  EXPECT_EQ(status.st_nlink, 66'002u);
  EXPECT_TRUE(pathExists(mounted.root() + "/d165999"));
}

/// Bytes 0 to 7 are such that 8 to 15 do not count for the hash.
TEST_F(HostileTars, NamesMadeToHashAlikeAreRefused) {
  std::vector<FullEntry> entries;
  for (int i = 0; i < 100; ++i)
    entries.push_back(
        file("\xb8\xfe\x6c\x39\x23\xa4\x4b\xbe" + std::to_string(10'000'000 + i) + std::string(16, 'x'), ""));
  EXPECT_REFUSED(tarOf(entries), "made to be slow");
}

TEST_F(HostileTars, ATruncatedTarIsRefused) {
  std::string tar = tarOf({directory("d"), file("d/f", std::string(1500, 'x')), file("g", "y")});
  for (size_t size : {1u, 511u, 513u, 1023u, 1500u, 2559u, 3100u}) {
    SCOPED_TRACE(size);
    EXPECT_FAULT(indexing(llvm::StringRef(tar).take_front(size)), FaultKind::Invalid);
  }
  // Between two entries it is a tar without the blocks that end it, which docker takes as well.
  EXPECT_EQ(shown(llvm::StringRef(tar).take_front(512)), Paths{"d"});
  EXPECT_EQ(shown(llvm::StringRef(tar).take_front(2560)), (Paths{"d", "d/f"}));
}

TEST_F(HostileTars, SizesThatLieAreRefused) {
  std::string huge("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12),
      negative("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
  EXPECT_FAULT(indexing(Header{.size = octal(10'000)}.bytes() + kEnd), FaultKind::Invalid);
  EXPECT_FAULT(indexing(Header{.size = huge}.bytes() + kEnd), FaultKind::Invalid);
  EXPECT_FAULT(indexing(Header{.size = negative}.bytes() + kEnd), FaultKind::Invalid);
  EXPECT_FAULT(indexing(pax(paxRecord("size", "9223372036854775807")) + Header().bytes() + kEnd), FaultKind::Invalid);
  EXPECT_FAULT(indexing(pax(paxRecord("size", "-1")) + Header().bytes() + kEnd), FaultKind::Invalid);
}

TEST_F(HostileTars, OwnersAreThirtyTwoBits) {
  auto owned = [](const char* uid) { return pax(paxRecord("uid", uid)) + Header().bytes() + kEnd; };
  EXPECT_EQ(shown(owned("4294967294")), Paths{"f"});
  EXPECT_REFUSED(owned("4294967296"), "32-bit");
  EXPECT_REFUSED(owned("-1"), "32-bit");
}

TEST_F(HostileTars, TimesOfAnySizeAreKeptOrBounded) {
  for (const char* time : {"-1.25", "-2208988800", "253402300799.999999999", "-99999999999999999999", "1e30",
                           "9223372036854775807", "0.0000000001"}) {
    SCOPED_TRACE(time);
    EXPECT_EQ(shown(pax(paxRecord("mtime", time)) + Header().bytes() + kEnd), Paths{"f"});
  }
}

TEST_F(HostileTars, LargePaxHeadersAreRefusedOrRead) {
  std::string record = paxRecord("comment", std::string(700'000, 'c'));
  EXPECT_EQ(shown(pax(record) + Header().bytes() + kEnd), Paths{"f"});
  EXPECT_REFUSED(pax(paxRecord("path", std::string(500'000, 'p'))) + Header().bytes() + kEnd, "longer than 4096");
  std::string lying = Header{.name = "pax", .type = 'x', .size = octal(uint64_t(6) << 30)}.bytes() + padded(record);
  EXPECT_FAULT(indexing(lying), FaultKind::Invalid);
}

TEST_F(HostileTars, XattrsOfNoNamespaceAreLeftOutAndLargeOnesRefused) {
  auto tagged = [](const std::string& name, const std::string& value) {
    FullEntry entry = file("f", "x");
    entry.entry.xattrs = {{"user.kept", "1"}, {name, value}};
    return tarOf({entry});
  };
  for (const char* name : {"com.apple.quarantine", "system.nfs4_acl", "plain"}) {
    IndexedTar indexed(tagged(name, "x"));
    auto reader = must(ErofsReader::open(indexed.index(), indexed.tar()));
    EXPECT_EQ(must(reader.find("f"))->entry.xattrs, (std::map<std::string, std::string>{{"user.kept", "1"}})) << name;
  }
  EXPECT_EQ(shown(tagged("user.large", std::string(65535, 'x'))), Paths{"f"});
  EXPECT_REFUSED(tagged("user.large", std::string(65536, 'x')), "cannot be part of a mounted layer");
  FullEntry many = file("f", "x");
  for (int i = 0; i < 5; ++i) many.entry.xattrs["user." + std::to_string(i)] = std::string(60'000, 'x');
  EXPECT_REFUSED(tarOf({many}), "more than 256 KiB");
  FullEntry link = testing::link("l", "t");
  link.entry.xattrs = {{"user.nobody.sets", "1"}, {"trusted.set", "1"}};
  EXPECT_EQ(shown(tarOf({link})), Paths{"l"});
}

/// 4096 in twelve bits is 0: it would be overlay's whiteout.
TEST_F(HostileTars, DevicesHaveNumbersThatLinuxHas) {
  auto device = [](const char* major, const char* minor) {
    return Header{.name = "dev", .type = '3', .major = major, .minor = minor}.bytes() + kEnd;
  };
  EXPECT_EQ(shown(device("0007777", "3777777")), Paths{"dev"});
  EXPECT_REFUSED(device("0010000", "0000000"), "numbers Linux does not have");
  EXPECT_REFUSED(device("0000000", "4000000"), "numbers Linux does not have");
}

TEST_F(HostileTars, SparseFilesOfEveryDialectAreAsGnuTarUnpacksThem) {
  for (const char* format : {"--format=gnu", "--format=oldgnu", "--format=posix --sparse-version=0.0",
                             "--format=posix --sparse-version=0.1", "--format=posix --sparse-version=1.0"}) {
    SCOPED_TRACE(format);
    std::string make =
        "truncate -s 5M hole; truncate -s 9000001 many; for i in $(seq 0 40); do printf $i | dd of=many bs=200000 "
        "seek=$i conv=notrunc status=none; done; printf z | dd of=many bs=1 seek=9000000 conv=notrunc status=none; "
        "truncate -s 700 small; ";
    TempDir work = makeTempDir();
    shell("cd " + work.path() + "; mkdir to; " + make + "tar -cSf tar " + format +
          " hole many small; tar -xpf tar -C to");
    std::string tar = must(readFile(work.path() + "/tar"));
    shown(tar);
    IndexedTar indexed(tar);
    auto reader = must(ErofsReader::open(indexed.index(), indexed.tar()));
    Collected seen;
    must(reader.walk(seen));
    EXPECT_EQ(seen.lines(), walked(work.path() + "/to").lines());
  }
}

/// Maps that overlap, go backwards, leave the file or the tar.
TEST_F(HostileTars, SparseMapsThatLieAreRefused) {
  auto sparse = [](const char* map, const char* size) {
    return pax(paxRecord("GNU.sparse.major", "0") + paxRecord("GNU.sparse.minor", "1") +
               paxRecord("GNU.sparse.name", "s") + paxRecord("GNU.sparse.size", size) +
               paxRecord("GNU.sparse.map", map)) +
           Header{.size = octal(1024)}.bytes() + std::string(1024, 'd') + kEnd;
  };
  EXPECT_EQ(shown(sparse("0,512,4096,512", "8192")), Paths{"s"});
  for (const char* map : {"0,512,256,512", "4096,512,0,512", "0,512,8000,512", "0,512,512,99999999",
                          "9223372036854775807,512", "0,18446744073709551615", "0,-1,-512,512", "0,512", "1,2,3"}) {
    SCOPED_TRACE(map);
    EXPECT_FAULT(indexing(sparse(map, "8192")), FaultKind::Invalid);
  }
}

/// A header of a kilobyte must not make an index of gigabytes.
TEST_F(HostileTars, SparseFilesCutIntoCrumbsAreRefused) {
  auto sparse = [](const std::string& name, const char* map, const char* size) {
    return pax(paxRecord("GNU.sparse.major", "0") + paxRecord("GNU.sparse.minor", "1") +
               paxRecord("GNU.sparse.name", name) + paxRecord("GNU.sparse.size", size) +
               paxRecord("GNU.sparse.map", map)) +
           Header{.size = octal(512)}.bytes() + std::string(512, 'd');
  };
  EXPECT_EQ(shown(sparse("a", "512,512", "50000000") + kEnd), Paths{"a"});
  EXPECT_REFUSED(sparse("a", "512,512", "9000000000000000000") + kEnd, "too many pieces");
  EXPECT_REFUSED(sparse("a", "100,512", "9000000000") + kEnd, "too many pieces");  // would be copied
  std::string many;
  for (int i = 0; i < 3; ++i) many += sparse("a" + std::to_string(i), "512,512", "8000000000");
  EXPECT_REFUSED(many + kEnd, "too many pieces");
}
}  // namespace
}  // namespace strata::layerfs::testing
