#include "analyzer/diff/file_diff.h"

#include "tests/analyzer/diff/diffed_images.h"

namespace strata::analyzer {
namespace {

using layerfs::EntryKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FileDiffTest : public ImageDiffTest {
protected:
  /// The same from the store and streamed.
  std::vector<std::string> changes(const History& before, const History& after) {
    ImageDiff here = diff(before, after);
    std::vector<std::string> lines = changesOf(here);
    EXPECT_EQ(lines, changesOf(streamedDiff(before, after)));
    auto from = stored(before), to = streamed(after);
    EXPECT_EQ(lines, changesOf(strata::testing::must(diffImages(*from, *to))));
    return lines;
  }
  MetadataDifference metadata(const ImageDiff& diff) {
    EXPECT_EQ(diff.files.changes.size(), 1u);
    return metadataOf(diff.pair, diff.files.changes.at(0));
  }
};

const std::pair<std::string, MadeLayer> kBase = {"base", {directory("etc"), file("etc/a", 30), file("etc/b", 40, 'b')}};

TEST_F(FileDiffTest, EqualImagesDoNotDiffer) {
  EXPECT_THAT(changes({kBase}, {kBase}), IsEmpty());
  EXPECT_THAT(changes({}, {}), IsEmpty());
}

TEST_F(FileDiffTest, OneLayerAsTwoIsNoDifference) {
  EXPECT_THAT(changes({kBase}, {{"1", {directory("etc"), file("etc/a", 30)}}, {"2", {file("etc/b", 40, 'b')}}}),
              IsEmpty());
}

TEST_F(FileDiffTest, FilesThatComeAndGoLargestFirst) {
  EXPECT_THAT(changes({kBase, {"one", {file("old", 7)}}},
                      {kBase, {"two", {file("etc/c", 3), file("new", 500), removed("etc/a")}}}),
              ElementsAre("added new 500", "removed etc/a 30", "removed old 7", "added etc/c 3"));
}

TEST_F(FileDiffTest, OtherContentOfOneSizeAndOfAnother) {
  EXPECT_THAT(changes({kBase}, {kBase, {"two", {file("etc/a", 30, 'y'), file("etc/b", 41, 'b')}}}),
              ElementsAre("modified etc/b 41", "modified etc/a 30"));
}

TEST_F(FileDiffTest, LongFilesThatBeginAlike) {
  std::string one(10'000, 'x'), other = one;
  other.back() = 'y';
  EXPECT_THAT(changes({{"1", {file("a", one), file("b", one)}}}, {{"1", {file("a", other), file("b", one, 0, 0600)}}}),
              ElementsAre("modified a 10000", "metadata b 10000"));
}

TEST_F(FileDiffTest, TheSameContentAgainIsNoDifference) {
  EXPECT_THAT(changes({kBase}, {kBase, {"two", {file("etc/a", 30)}}}), IsEmpty());
}

TEST_F(FileDiffTest, ModeAndOwner) {
  EXPECT_THAT(changes({{"1", {file("a", 5), directory("d")}}}, {{"1", {file("a", 5, 'x', 7), directory("d")}}}),
              ElementsAre("metadata a 5"));
  auto owner = metadata(diff({{"1", {file("a", 5)}}}, {{"1", {file("a", 5, 'x', 7)}}}));
  EXPECT_TRUE(owner.owner);
  EXPECT_FALSE(owner.mode || owner.xattrs || owner.kind);
  auto mode = metadata(diff({{"1", {file("a", 5)}}}, {{"1", {file("a", 5, 'x', 0, 04755)}}}));
  EXPECT_TRUE(mode.mode);
  EXPECT_FALSE(mode.owner);
  MadeFile capable = file("a", 5);
  capable.entry.xattrs["security.capability"] = "x";
  EXPECT_TRUE(metadata(diff({{"1", {file("a", 5)}}}, {{"1", {capable}}})).xattrs);
}

TEST_F(FileDiffTest, ModeOfADirectory) {
  MadeFile shut = directory("d");
  shut.entry.mode = 0700;
  EXPECT_THAT(changes({{"1", {directory("d"), file("d/a", 5)}}}, {{"1", {shut, file("d/a", 5)}}}),
              ElementsAre("metadata d 0"));
}

TEST_F(FileDiffTest, TimesDoNotCount) {
  MadeFile later = file("a", 5);
  later.entry.mtime = 1'700'000'000'000'000'000;
  EXPECT_THAT(changes({{"1", {file("a", 5)}}}, {{"1", {later}}}), IsEmpty());
}

TEST_F(FileDiffTest, DirectoriesAreNamedOnlyWhereTheyAreEmpty) {
  EXPECT_THAT(changes({kBase}, {kBase, {"2", {directory("full"), file("full/a", 1), directory("empty")}}}),
              ElementsAre("added full/a 1", "added empty 0"));
  EXPECT_THAT(changes({kBase}, {kBase, {"2", {removed("etc")}}}), ElementsAre("removed etc/b 40", "removed etc/a 30"));
}

TEST_F(FileDiffTest, ADirectoryThatNoLayerNamesIsOneAllTheSame) {
  EXPECT_THAT(changes({{"1", {file("d/a", 1)}}}, {{"1", {directory("d"), file("d/a", 1)}}}), IsEmpty());
}

TEST_F(FileDiffTest, LinksAndKinds) {
  EXPECT_THAT(changes({{"1", {other("l", EntryKind::Symlink, "a"), file("f", 4)}}},
                      {{"1", {other("l", EntryKind::Symlink, "b"), other("f", EntryKind::Symlink, "l")}}}),
              ElementsAre("modified f 0", "modified l 0"));
  ImageDiff links =
      diff({{"1", {other("l", EntryKind::Symlink, "a")}}}, {{"1", {other("l", EntryKind::Symlink, "b")}}});
  EXPECT_EQ(stateOf(links.pair.before, links.files.changes.at(0).before).target, "a");
  EXPECT_EQ(stateOf(links.pair.after, links.files.changes.at(0).after).target, "b");
}

TEST_F(FileDiffTest, AHardLinkIsItsFile) {
  EXPECT_THAT(changes({{"1", {file("a", 300), other("b", EntryKind::Hardlink, "a")}}},
                      {{"1", {file("a", 300, 'x', 0, 0755), file("b", 300, 'x', 0, 0755)}}}),
              ElementsAre("metadata a 300", "metadata b 300"));
  EXPECT_THAT(changes({{"1", {file("a", 300), other("b", EntryKind::Hardlink, "a")}}},
                      {{"1", {file("a", 300), file("b", 300, 'y')}}}),
              ElementsAre("modified b 300"));
}

TEST_F(FileDiffTest, TheSameContentUnderAnotherNameMoved) {
  EXPECT_THAT(changes({{"1", {file("old/a", 500, 'a'), file("old/b", 500, 'b'), file("small", 5)}}},
                      {{"1", {file("new/b", 500, 'b'), file("new/c", 500, 'c'), file("tiny", 5)}}}),
              ElementsAre("added new/c 500", "removed old/a 500", "moved old/b -> new/b 500", "added tiny 5",
                          "removed small 5"));
}

TEST_F(FileDiffTest, OfEqualFilesThoseOfOneNameMoved) {
  EXPECT_THAT(changes({{"1", {file("old/x", 500), file("old/y", 500)}}},
                      {{"1", {file("new/x", 500), file("new/y", 500), file("new/z", 500)}}}),
              ElementsAre("added new/z 500", "moved old/x -> new/x 500", "moved old/y -> new/y 500"));
}

TEST_F(FileDiffTest, CountsAndTotals) {
  ImageDiff seen = diff({kBase}, {kBase, {"2", {file("etc/a", 50), file("n", 9), removed("etc/b")}}});
  using Kind = FileChange::Kind;
  EXPECT_EQ(seen.files.count(Kind::Added).files, 1u);
  EXPECT_EQ(seen.files.count(Kind::Added).bytesAfter, 9u);
  EXPECT_EQ(seen.files.count(Kind::Removed).bytesBefore, 40u);
  EXPECT_EQ(seen.files.count(Kind::Modified).bytesBefore, 30u);
  EXPECT_EQ(seen.files.count(Kind::Modified).bytesAfter, 50u);
  EXPECT_EQ(seen.files.filesBefore, 2u);
  EXPECT_EQ(seen.files.filesAfter, 2u);
  EXPECT_EQ(seen.files.bytesBefore, 70u);
  EXPECT_EQ(seen.files.bytesAfter, 59u);
}

}  // namespace
}  // namespace strata::analyzer
