#include "analyzer/report/image_text.h"

#include "analyzer/report/image_json.h"
#include "analyzer/report/text_layout.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

/// Nothing but values: no image, no store.
ImageReport someReport() {
  ImageReport report;
  report.tarBytes = 3000;
  report.compressedBytes = 1000;
  report.visibleFiles = 7;
  report.visibleBytes = 2500;
  for (uint32_t position = 0; position < 3; ++position) {
    LayerReport layer;
    layer.position = position;
    layer.diffId = digestOf(std::to_string(position));
    layer.instruction = "RUN something rather long that goes on and on && also does this && and that --in --the --end";
    layer.line = 10 + position;
    layer.tarBytes = 1000;
    layer.compressedBytes = 333;
    layer.counts.added = 5;
    layer.counts.metadata = 2;
    layer.outcome = builder::BuildStep::Outcome::Executed;
    layer.reason = StepReason{.step = 0, .causes = {{.kind = Cause::Kind::NoCache}}};
    report.layers.push_back(layer);
  }
  report.build = builder::Build{.id = "abc", .steps = {builder::BuildStep()}};
  report.waste.bytes = 900;
  report.waste.files = 40;
  WasteFinding finding;
  finding.cause = WasteCause::DeletedLater;
  finding.layer = 0;
  finding.other = 2;
  finding.bytes = 900;
  finding.files = 40;
  for (int path = 0; path < 5; ++path) finding.paths.push_back({"srv/\x1b[31mred" + std::to_string(path), 100});
  finding.hint = "remove it where it was made, in the very same instruction, which is the one that was named above";
  report.waste.findings.push_back(finding);
  report.largest = {{"usr/lib/" + std::string(100, 'l'), 900, 1}};
  return report;
}

std::vector<std::string> linesOf(llvm::StringRef text) {
  std::vector<std::string> lines;
  for (; !text.empty(); text = text.split('\n').second) lines.push_back(text.split('\n').first.str());
  return lines;
}

TEST(ImageTextTest, SaysWhatIsWastedWhereAndByWhom) {
  std::string text = printImageReport(someReport());
  EXPECT_THAT(text, HasSubstr("3kB, 1kB compressed, 3 layers"));
  EXPECT_THAT(text, HasSubstr("deleted later: 40 files of layer 1, RUN something"));
  EXPECT_THAT(text, HasSubstr(", by layer 3, RUN"));
  EXPECT_THAT(text, HasSubstr("and 37 more"));
  EXPECT_THAT(text, HasSubstr("+5 ~2 -0"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ImageTextTest, FitsTheTerminal) {
  for (unsigned columns : {80u, 100u, 132u, 200u})
    for (const std::string& line : linesOf(printImageReport(someReport(), columns))) {
      llvm::StringRef text = line;
      if (text.starts_with("Image sha256:") || text.starts_with("Last build")) continue;
      EXPECT_LE(text.size(), columns) << line;
    }
}

TEST(ImageTextTest, ReasonsThatFindNoRoomInTheTableStandBelow) {
  EXPECT_THAT(printImageReport(someReport(), 80), HasSubstr("\nReasons\n  layer 1: "));
  EXPECT_THAT(printImageReport(someReport(), 200), Not(HasSubstr("\nReasons\n")));
}

TEST(ImageTextTest, AnEmptyImageHasAReportToo) {
  EXPECT_THAT(printImageReport(ImageReport()), HasSubstr("0B, 0 layers"));
}

TEST(ImageJsonTest, HasEveryNumber) {
  llvm::json::Value json = toJson(someReport());
  const llvm::json::Object& object = *json.getAsObject();
  EXPECT_EQ(object.getInteger("schema"), std::optional<int64_t>(kImageReportSchema));
  EXPECT_EQ(object.getInteger("compressedBytes"), std::optional<int64_t>(1000));
  EXPECT_EQ(object.getObject("efficiency")->getNumber("score"), std::optional<double>(1));
  const llvm::json::Object& finding = *(*object.getObject("waste")->getArray("findings"))[0].getAsObject();
  EXPECT_EQ(finding.getString("cause"), std::optional<llvm::StringRef>("deleted-later"));
  EXPECT_EQ(finding.getInteger("otherLayer"), std::optional<int64_t>(2));
  EXPECT_EQ(finding.getArray("paths")->size(), 5u);
  EXPECT_EQ((*object.getArray("layers"))[1].getAsObject()->getInteger("metadataOnly"), std::optional<int64_t>(2));
}

TEST(TextLayoutTest, CutsBetweenCharacters) {
  EXPECT_EQ(shortened("abcdefgh", 6), "abc...");
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6", 4), "\xc3\xa4...");
  EXPECT_EQ(shortened("abcdefgh", 0), "abcdefgh");
}

TEST(TextLayoutTest, WrapsBetweenWordsAndLeavesLongOnesWhole) {
  EXPECT_EQ(wrapped("one two three", 2, 30), "  one two three\n");
  EXPECT_EQ(wrapped("aaaaaaaaaaaa bbbbbbbbbbbb c", 2, 26), "  aaaaaaaaaaaa\n  bbbbbbbbbbbb c\n");
  EXPECT_EQ(wrapped("", 2, 26), "");
}

}  // namespace
}  // namespace strata::analyzer
