#include "analyzer/report/diff_json.h"
#include "analyzer/report/diff_markdown.h"
#include "analyzer/report/diff_text.h"
#include "tests/analyzer/diff/diffed_images.h"

#include <llvm/Support/JSON.h>

namespace strata::analyzer {
namespace {

using strata::testing::must;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kMarkup = "<img src=x>|[a](http:/b) @someone `c` #1 \x1b[31m.txt";

class DiffReportTest : public ImageDiffTest {
protected:
  ImageDiff made() {
    ImageDiff diff = ImageDiffTest::diff(
        {{"FROM base", {file("var/lib/dpkg/status", "Package: a\nVersion: 1\nInstalled-Size: 1\n"), file("gone", 300)}},
         {"COPY old /", {file("edited", 20), file("shut", 8)}}},
        {{"FROM base", {file("var/lib/dpkg/status", "Package: a\nVersion: 1\nInstalled-Size: 1\n"), file("gone", 300)}},
         {"RUN apt-get install a", {file("var/lib/dpkg/status", "Package: a\nVersion: 2\nInstalled-Size: 3\n")}},
         {"COPY new /", {file("edited", 4000), file("shut", 8, 'x', 5, 0600), file(kMarkup, 77), removed("gone")}}});
    diff.before.name = "app:1";
    diff.after.name = "app:2";
    diff.config = {
        {"env", "A|B", "1", "2"}, {"labels", "gone", "x", std::nullopt}, {"volumes", "/data", std::nullopt, ""}};
    return diff;
  }
};

TEST_F(DiffReportTest, TextNamesEachChange) {
  std::string text = printImageDiff(made());
  EXPECT_THAT(text, HasSubstr("From app:1 ("));
  EXPECT_THAT(text, HasSubstr("Layers     2        3        1 shared, 1 gone, 2 new\n"));
  EXPECT_THAT(text, HasSubstr("~ env A|B: 1 -> 2\n  - labels gone: x\n  + volumes /data\n"));
  EXPECT_THAT(text, HasSubstr("Packages: 1 upgraded\n"));
  EXPECT_THAT(text, HasSubstr("upgraded   a         1        2       +2.05kB   dpkg\n"));
  EXPECT_THAT(text, HasSubstr("-   2       "));
  EXPECT_THAT(text, HasSubstr("+   3       "));
  EXPECT_THAT(text, HasSubstr("~   4kB (+3.98kB)   /edited\n"));
  EXPECT_THAT(text, HasSubstr("-   300B            /gone\n"));
  EXPECT_THAT(text, HasSubstr("=   8B              /shut  mode 0644 -> 0600, owner 0:0 -> 5:5\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(DiffReportTest, TextFitsTheTerminal) {
  ImageDiff diff = made();
  diff.config.push_back({"env", "PATH", std::string(50, 'a') + " " + std::string(60, 'b'), std::string(60, 'c')});
  Package package{.name = std::string(50, 'n'), .version = std::string(60, '1'), .architecture = {}, .bytes = 1};
  diff.packages.changes.push_back(
      {.where = std::string(70, 'w'), .name = package.name, .before = package, .after = package});
  for (unsigned columns : {80u, 100u, 140u}) {
    std::string text = printImageDiff(diff, {.columns = columns});
    for (llvm::StringRef rest = text; !rest.empty(); rest = rest.split('\n').second)
      EXPECT_LE(rest.split('\n').first.size(), columns) << rest.split('\n').first.str();
  }
}

TEST_F(DiffReportTest, TextSaysHowManyFilesItLeavesOut) {
  EXPECT_THAT(printImageDiff(made(), {.files = 1}), HasSubstr("and 4 more: see --largest and --json\n"));
}

TEST_F(DiffReportTest, EqualImagesAreSaidToBe) {
  ImageDiff diff = ImageDiffTest::diff({{"a", {file("a", 1)}}}, {{"a", {file("a", 1)}}});
  EXPECT_THAT(printImageDiff(diff), HasSubstr("No difference in configuration, packages and files\n"));
  EXPECT_THAT(printImageDiffMarkdown(diff), HasSubstr("No difference in configuration, packages and files.\n"));
}

TEST_F(DiffReportTest, MarkdownShowsHostileNamesLetterByLetter) {
  std::string text = printImageDiffMarkdown(made());
  EXPECT_THAT(text, HasSubstr("| added | ``/<img src=x>\\|[a](http:/b) @someone `c` #1 \\x1b[31m.txt`` | 77B |"));
  EXPECT_THAT(text, HasSubstr("| `env A\\|B` | `1` | `2` |"));
  EXPECT_THAT(text, HasSubstr("| `volumes /data` |  | *set* |"));
  EXPECT_THAT(text, HasSubstr("<details><summary><b>Packages: 1 upgraded</b></summary>"));
  EXPECT_THAT(text, HasSubstr("| `a` | `1` | `2` | +2.05kB | upgraded | dpkg |"));
}

TEST_F(DiffReportTest, MarkdownFitsAComment) {
  ImageDiff diff = made();
  for (int i = 0; i < 5000; ++i) {
    diff.config.push_back({"labels", "l" + std::to_string(i), std::string(100, '`'), std::string(100, '|')});
    Package package{.name = "p" + std::to_string(i), .version = std::string(90, '1'), .architecture = {}, .bytes = {}};
    diff.packages.changes.push_back({.name = package.name, .before = package, .after = {}});
  }
  std::string text = printImageDiffMarkdown(diff);
  EXPECT_LE(text.size(), 65'536u);
  EXPECT_THAT(text, HasSubstr(" more\n"));
  EXPECT_THAT(text, HasSubstr("Files: "));
}

TEST_F(DiffReportTest, JsonSaysAll) {
  std::string text;
  llvm::raw_string_ostream out(text);
  writeImageDiffJson(made(), out);
  auto value = must(llvm::json::parse(text));
  const auto& object = *value.getAsObject();
  EXPECT_EQ(object.getInteger("schema"), kImageDiffSchema);
  EXPECT_EQ(object.getObject("before")->getString("name"), "app:1");
  EXPECT_EQ(object.getObject("after")->getInteger("layers"), 3);
  EXPECT_EQ(object.getArray("config")->size(), 3u);
  const auto& package = *object.getObject("packages")->getArray("changes")->front().getAsObject();
  EXPECT_EQ(package.getString("change"), "upgraded");
  EXPECT_EQ(package.getObject("after")->getString("version"), "2");
  const auto& files = *object.getObject("files");
  EXPECT_EQ(files.getObject("added")->getInteger("files"), 1);
  EXPECT_EQ(files.getArray("changes")->size(), 5u);
  const auto& first = *files.getArray("changes")->front().getAsObject();
  EXPECT_EQ(first.getString("path"), "/edited");
  EXPECT_EQ(first.getObject("before")->getInteger("size"), 20);
  EXPECT_EQ(first.getArray("differs")->front(), llvm::json::Value("content"));
  EXPECT_EQ(object.getArray("layers")->size(), 4u);
}

}  // namespace
}  // namespace strata::analyzer
