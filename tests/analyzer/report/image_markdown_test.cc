#include "analyzer/report/image_markdown.h"

#include "analyzer/findings/waste_findings.h"
#include "analyzer/report/markdown_text.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ImageReport sampleReport() {
  ImageReport report;
  report.names = {"app:1"};
  report.tarBytes = 5'000'000;
  report.layers.resize(2);
  report.layers[1].position = 1;
  report.layers[1].instruction = "RUN echo `x` | tee /a|b";
  report.layers[1].line = 4;
  report.largest = {{"usr/x|y", 100, 1}};
  WasteFinding waste;
  waste.cause = WasteCause::DeletedLater;
  waste.layer = 1;
  waste.bytes = 2'000'000;
  waste.files = 3;
  waste.paths = {{"tmp/large", 1'900'000}};
  waste.hint = "remove it in *layer* 2";
  report.waste = {.findings = {waste}, .bytes = 2'000'000, .files = 3};
  return report;
}

TEST(ImageMarkdown, SaysWhatMattersAndFoldsTheRest) {
  SecretReport secrets;
  secrets.findings.push_back({.rule = "secret/jwt", .level = FindingLevel::Error, .title = "JSON web token"});
  secrets.findings.back().where = {.layer = 1, .line = 4, .path = "app/t", .fileLine = 9};
  secrets.findings.push_back({.rule = "secret/jwt", .level = FindingLevel::Note, .title = "a mere note"});
  std::string text = printMarkdown(sampleReport(), secrets, evaluateGates(defaultRules(), sampleReport(), {}));
  EXPECT_THAT(text, StartsWith("## Image `app:1`\n"));
  EXPECT_THAT(text, HasSubstr("**PASS: 2 passed, 0 failed, 6 skipped**"));
  EXPECT_THAT(text, HasSubstr("| PASS | lowestEfficiency | 0.9 | 100.0 % |  |"));
  EXPECT_THAT(text, Not(HasSubstr("highestGrowth")));
  EXPECT_THAT(text, HasSubstr("| error | JSON web token | layer 2, line 4: `/app/t:9` |"));
  EXPECT_THAT(text, Not(HasSubstr("a mere note")));
  EXPECT_THAT(text, HasSubstr("### Waste"));
  EXPECT_THAT(text, HasSubstr("`/tmp/large`"));
  EXPECT_THAT(text, HasSubstr("remove it in \\*layer\\* 2"));
  EXPECT_THAT(text, HasSubstr("<details><summary>Layers</summary>"));
  EXPECT_THAT(text, HasSubstr("``RUN echo `x` \\| tee /a\\|b``"));
  EXPECT_THAT(text, HasSubstr("`/usr/x\\|y`"));
}

TEST(ImageMarkdown, EveryRowHasAsManyCellsAsItsHeader) {
  std::string text = printMarkdown(sampleReport(), {}, evaluateGates(defaultRules(), sampleReport(), {}));
  size_t columns = 0;
  for (llvm::StringRef rest = text; !rest.empty();) {
    auto [line, next] = rest.split('\n');
    rest = next;
    size_t bars = line.count('|') - line.count("\\|");
    if (!line.starts_with("|"))
      columns = 0;
    else if (columns == 0)
      columns = bars;
    else
      EXPECT_EQ(bars, columns) << line.str();
  }
}

TEST(MarkdownText, NothingForeignIsMarkup) {
  EXPECT_EQ(code("a`b"), "``a`b``");
  EXPECT_EQ(code("`"), "`` ` ``");
  EXPECT_EQ(code(""), "");
  EXPECT_EQ(code("a\nb"), "`a\\x0ab`");
  EXPECT_EQ(escaped("<img> [x](y) *b* #1 a|b"), "\\<img\\> \\[x\\](y) \\*b\\* \\#1 a\\|b");
  EXPECT_EQ(escaped("@me"), "@\xe2\x80\x8bme");
  EXPECT_EQ(escaped("a\nb"), "a\\\\x0ab");
}

TEST(WasteFindings, SayWhereHowMuchAndWhatToDo) {
  auto findings = wasteFindings(sampleReport());
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "waste/deleted-later");
  EXPECT_EQ(findings[0].level, FindingLevel::Warning);
  EXPECT_EQ(findings[0].bytes, 2'000'000u);
  EXPECT_EQ(findings[0].title, "2MB " + titleOf(WasteCause::DeletedLater).str());
  EXPECT_EQ(findings[0].where.path, "tmp/large");
  EXPECT_EQ(findings[0].where.line, std::optional(4u));
  EXPECT_THAT(findings[0].detail, HasSubstr("remove it in"));
  ImageReport small = sampleReport();
  small.waste.findings[0].bytes = 1000;
  EXPECT_EQ(wasteFindings(small)[0].level, FindingLevel::Note);
}

}  // namespace
}  // namespace strata::analyzer
