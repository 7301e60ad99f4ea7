#include "builder/copy/unpack_add.h"

#include "layerfs/layer_tar.h"
#include "support/process.h"
#include "tests/builder/copy/copy_fixture.h"

namespace strata::builder {
namespace {

using layerfs::EntryKind;
using layerfs::LayerEntry;
using ::testing::ElementsAre;
using testing::must;

class UnpackAddTest : public CopyFixture {
protected:
  struct Member {
    LayerEntry entry;
    std::string content;
  };
  static Member directory(std::string path, uint32_t mode = 0755, uint32_t uid = 0) {
    return {{.path = std::move(path), .kind = EntryKind::Directory, .mode = mode, .uid = uid, .mtime = 42'000'000'000},
            ""};
  }
  static Member plain(std::string path, std::string content, uint32_t mode = 0644, uint32_t uid = 0) {
    LayerEntry entry{
        .path = std::move(path), .mode = mode, .uid = uid, .size = content.size(), .mtime = 42'000'000'000};
    return {entry, std::move(content)};
  }
  static Member symlink(std::string path, std::string target) {
    return {{.path = std::move(path), .kind = EntryKind::Symlink, .mode = 0777, .linkTarget = std::move(target)}, ""};
  }
  static Member hardlink(std::string path, std::string target) {
    return {{.path = std::move(path), .kind = EntryKind::Hardlink, .linkTarget = std::move(target)}, ""};
  }

  static std::string tarOf(const std::vector<Member>& members) {
    StringSink sink;
    layerfs::LayerTarWriter writer(sink);
    for (const Member& member : members) {
      StringSource content(member.content);
      must(writer.add(member.entry, member.entry.kind == EntryKind::File ? &content : nullptr));
    }
    must(writer.finish());
    return sink.text;
  }
  void archive(const std::string& name, const std::vector<Member>& members) { file(name, tarOf(members)); }

  CopyRequest add(std::vector<std::string> sources, std::string destination) {
    CopyRequest copy = request(std::move(sources), std::move(destination));
    copy.unpackArchives = true;
    return copy;
  }
};

TEST_F(UnpackAddTest, ADD_3_ContentDecidesNotTheName) {
  archive("archive.data", {plain("inside", "x")});
  file("fake.tar", "no tar at all");
  file("empty.tar", "");
  run(add({"archive.data", "fake.tar", "empty.tar"}, "/d/"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 d", "f 644 0:0 d/empty.tar = ", "f 644 0:0 d/fake.tar = no tar at all",
                                   "f 644 0:0 d/inside = x"));
}

TEST_F(UnpackAddTest, ADD_3_EveryCompressionIsSeenThrough) {
  for (const char* tool : {"gzip", "bzip2", "xz", "zstd"}) {
    if (!findProgram(tool)) continue;
    auto packed = must(runProcess({.argv = {tool, "-c"}, .input = tarOf({plain("inside", tool)})}));
    file("a", packed.output);
    auto notTar = must(runProcess({.argv = {tool, "-c"}, .input = "only text"}));
    file("b", notTar.output);
    run(add({"a", "b"}, "/d/"));
    EXPECT_THAT(layer(), ElementsAre("d 755 0:0 d", "f 644 0:0 d/b = " + notTar.output,
                                     std::string("f 644 0:0 d/inside = ") + tool));
  }
}

TEST_F(UnpackAddTest, ADD_3_ATruncatedCompressedFileIsAFile) {
  file("a", "\x1f\x8b\x08 not really");
  run(add({"a"}, "/d/"));
  EXPECT_EQ(layer().size(), 2u);
}

TEST_F(UnpackAddTest, ADD_4_TheDestinationIsADirectoryAlways) {
  archive("a.tar", {plain("f", "x")});
  auto unpack = add({"a.tar"}, "/d");
  unpack.uid = 3;
  unpack.gid = 4;
  run(unpack);
  EXPECT_THAT(layer(), ElementsAre("d 755 3:4 d", "f 644 3:4 d/f = x"));
}

TEST_F(UnpackAddTest, ADD_5_MetadataComesFromTheArchive) {
  archive("a.tar", {directory("", 0700, 9), directory("bin", 0711, 5), plain("bin/tool", "t", 04755, 6)});
  auto unpack = add({"a.tar"}, "/");
  unpack.chmod = must(ModeChange::parse("600"));
  run(unpack);
  EXPECT_THAT(layer(), ElementsAre("d 711 5:0 bin", "f 4755 6:0 bin/tool = t"));
  EXPECT_EQ(timeOf("bin"), 42);
  EXPECT_EQ(timeOf("bin/tool"), 42);
  EXPECT_EQ(statOf("").st_mode & 07777, 0755u);
}

TEST_F(UnpackAddTest, ADD_5_ExistingDirectoriesThatTheArchiveDoesNotListStayAsTheyAre) {
  archive("a.tar", {plain("usr/share/doc/f", "x")});
  parentDirectory("usr/share", 0750, 777);
  parentDirectory("usr", 0711, 888);
  auto facts = resolve(add({"a.tar"}, "/"));
  EXPECT_EQ(facts.existing.size(), 3u);
  run(add({"a.tar"}, "/"));
  EXPECT_THAT(layer(), ElementsAre("d 711 0:0 usr", "d 750 0:0 usr/share", "d 755 0:0 usr/share/doc",
                                   "f 644 0:0 usr/share/doc/f = x"));
  EXPECT_EQ(timeOf("usr/share"), 777);
  EXPECT_EQ(timeOf("usr"), 888);
  EXPECT_EQ(timeOf("usr/share/doc"), 7);
}

TEST_F(UnpackAddTest, ADD_6_LinksOfTheParentAreFollowed) {
  archive("a.tar", {plain("lib/so", "s"), plain("abs/x", "a")});
  parentDirectory("usr/lib");
  link("usr/lib", parent("lib"));
  parentDirectory("real");
  link("/real", parent("abs"));
  run(add({"a.tar"}, "/"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 real", "f 644 0:0 real/x = a", "d 755 0:0 usr", "d 755 0:0 usr/lib",
                                   "f 644 0:0 usr/lib/so = s"));
}

TEST_F(UnpackAddTest, ADD_6_ALinkOfTheParentIsAFact) {
  archive("a.tar", {plain("lib/so", "s")});
  parentDirectory("usr/lib");
  parentDirectory("other");
  link("usr/lib", parent("lib"));
  Digest before = resolve(add({"a.tar"}, "/")).digest();
  parentFile("unrelated", "x");
  EXPECT_EQ(resolve(add({"a.tar"}, "/")).digest(), before);
  must(removeTree(parent("lib")));
  link("other", parent("lib"));
  EXPECT_NE(resolve(add({"a.tar"}, "/")).digest(), before);
}

TEST_F(UnpackAddTest, ADD_6_HardLinksInsideTheArchiveAreKept) {
  archive("a.tar", {plain("a", "x"), hardlink("b/c", "a")});
  run(add({"a.tar"}, "/d"));
  EXPECT_EQ(statOf("d/a").st_ino, statOf("d/b/c").st_ino);
}

TEST_F(UnpackAddTest, ADD_6_EntriesStayInsideTheImage) {
  // The layer writer would refuse such a path, so the archive is made by hand from one of the same length.
  std::string tar = tarOf({plain("aa/escape", "x")});
  tar.replace(tar.find("aa/escape"), 2, "..");
  unsigned sum = 0;
  for (size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? ' ' : uint8_t(tar[i]);
  std::snprintf(tar.data() + 148, 8, "%06o", sum);
  file("a.tar", tar);
  auto unpack = add({"a.tar"}, "/d");
  auto place = draft();
  auto facts = tryResolve(unpack);
  EXPECT_FAULT(std::move(facts), FaultKind::Invalid);

  archive("b.tar", {symlink("out", "../../../../../.."), plain("out/tmp/strata-escape", "x"), symlink("abs", "/"),
                    plain("abs/top", "y")});
  run(add({"b.tar"}, "/d"));
  EXPECT_EQ(text("tmp/strata-escape"), "x");
  EXPECT_EQ(text("top"), "y");
  EXPECT_FALSE(pathExists("/tmp/strata-escape"));
}

TEST_F(UnpackAddTest, AnArchivesOwnLinkIntoAnExistingDirectoryKeepsThatDirectory) {
  archive("a.tar", {symlink("to", "etc"), plain("to/f", "x")});
  parentDirectory("etc", 0710);
  run(add({"a.tar"}, "/"));
  EXPECT_THAT(layer(), ElementsAre("d 710 0:0 etc", "f 644 0:0 etc/f = x", "l to -> etc"));
}

TEST_F(UnpackAddTest, AWayThroughAFileIsAFault) {
  archive("a.tar", {plain("etc/passwd/x", "x")});
  parentFile("etc/passwd", "root");
  EXPECT_FAULT_SAYING(tryResolve(add({"a.tar"}, "/")), FaultKind::Invalid, "\"/etc/passwd\" is no directory");
}

TEST_F(UnpackAddTest, AListedDirectoryReplacesALinkOfTheParent) {
  archive("a.tar", {directory("lib", 0700), plain("lib/so", "s")});
  parentDirectory("usr/lib");
  link("usr/lib", parent("lib"));
  run(add({"a.tar"}, "/"));
  EXPECT_THAT(layer(), ElementsAre("d 700 0:0 lib", "f 644 0:0 lib/so = s"));
}

TEST_F(UnpackAddTest, ADD_8_ArchivesInsideADirectoryAreCopied) {
  archive("d/a.tar", {plain("inside", "x")});
  run(add({"d"}, "/to"));
  EXPECT_EQ(layer().size(), 2u);
  EXPECT_TRUE(pathExists(upper("to/a.tar")));
  run(add({"d/*"}, "/to"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 to", "f 644 0:0 to/inside = x"));
}

TEST_F(UnpackAddTest, COPY_3_CopyNeverUnpacks) {
  archive("a.tar", {plain("inside", "x")});
  run(request({"a.tar"}, "/d/"));
  EXPECT_TRUE(pathExists(upper("d/a.tar")));
}

TEST_F(UnpackAddTest, WhatComesLaterOverwrites) {
  archive("a.tar", {plain("f", "archive"), plain("g", "archive")});
  file("f", "later");
  auto unpack = add({"a.tar", "f"}, "/d/");
  unpack.inlineFiles = {{"g", "inline"}};
  run(unpack);
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 d", "f 644 0:0 d/f = later", "f 644 0:0 d/g = inline"));
  auto twice = add({"f", "a.tar"}, "/d/");
  run(twice);
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 d", "f 644 0:0 d/f = archive", "f 644 0:0 d/g = archive"));
}

TEST_F(UnpackAddTest, NamesThatLayersKeepForRemovalsAreRefused) {
  archive("a.tar", {{{.path = "gone", .kind = EntryKind::Whiteout}, ""}});
  EXPECT_FAULT_SAYING(tryResolve(add({"a.tar"}, "/")), FaultKind::Invalid, "removals");
}

}  // namespace
}  // namespace strata::builder
