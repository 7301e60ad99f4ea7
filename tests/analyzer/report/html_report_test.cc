#include "analyzer/report/html_report.h"

#include "analyzer/report/html_tree.h"
#include "support/text.h"
#include "tests/analyzer/image/image_layers.h"

namespace strata::analyzer {
namespace {

using strata::testing::must;
using ::testing::HasSubstr;
using ::testing::Not;

class HtmlReportTest : public ImageLayersTest {
protected:
  Analysis analyze(const std::vector<std::pair<std::string, MadeLayer>>& history) {
    auto image = makeImage(history);
    auto source = must(openStoredImage(image, store_->layers()));
    return must(analyzeImage(*source, {.store = store_.get()}));
  }
  /// What stands in the page's element for data.
  static std::string dataIn(const std::string& page) {
    llvm::StringRef rest = llvm::StringRef(page).split("id=\"data\">").second;
    return rest.split("</script>").first.str();
  }
  Redactor nothing_;
};

TEST_F(HtmlReportTest, ThePageCarriesItsScriptsAndItsData) {
  Analysis analysis = analyze({{"COPY a", {file("srv/a", 5000)}}});
  std::string page = printHtml({.title = "app", .image = &analysis.report, .tree = &analysis.tree}, nothing_);
  EXPECT_THAT(page, Not(HasSubstr("@@")));
  EXPECT_THAT(page, HasSubstr("function treemap("));
  EXPECT_THAT(page, HasSubstr("d3js.org"));
  auto data = must(parseJson(dataIn(page)));
  EXPECT_EQ(data.getAsObject()->getString("title"), "app");
  EXPECT_EQ(data.getAsObject()->get("build"), nullptr);
}

TEST_F(HtmlReportTest, NoNameEndsTheDataOrStartsAScript) {
  Analysis analysis = analyze({{"RUN </script><script>alert(1)</script>", {file("srv/</script><!--", 5000)}}});
  std::string page = printHtml({.title = "</script>", .image = &analysis.report, .tree = &analysis.tree}, nothing_);
  auto data = must(parseJson(dataIn(page)));
  EXPECT_EQ(data.getAsObject()->getString("title"), "</script>");
  EXPECT_THAT(dataIn(page), Not(HasSubstr("<")));
}

TEST_F(HtmlReportTest, WhatIsTooSmallToBeSeenIsPutTogether) {
  MadeLayer many{file("large", 2'000'000)};
  for (int i = 0; i < 300; ++i) many.push_back(file("small/file" + std::to_string(1000 + i), 10));
  Analysis analysis = analyze({{"COPY many", many}});
  llvm::json::Value tree = htmlTree(analysis.tree);
  const llvm::json::Array& top = *tree.getAsObject()->getArray("children");
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].getAsObject()->getString("name"), "large");
  const llvm::json::Object& rest = top[1].getAsObject()->getArray("children")
                                       ? *(*top[1].getAsObject()->getArray("children"))[0].getAsObject()
                                       : *top[1].getAsObject();
  EXPECT_EQ(rest.getInteger("more"), 300);
  EXPECT_EQ(rest.getInteger("bytes"), 3000);
}

TEST_F(HtmlReportTest, BuildsShowNoSecrets) {
  builder::Build build;
  build.id = "0123456789ab";
  build.steps.push_back({.name = "[1/1] RUN login --password hunter2hunter2"});
  std::vector<ExplainedBuild> builds{{build, {StepReason{}}}};
  Redactor redactor;
  redactor.add("PASSWORD", "hunter2hunter2");
  std::string page = printHtml({.title = "app", .builds = builds}, redactor);
  EXPECT_THAT(page, Not(HasSubstr("hunter2")));
  EXPECT_THAT(page, HasSubstr("RUN login"));
}

TEST_F(HtmlReportTest, FindingsAreTold) {
  std::vector<Finding> findings{{.rule = "secret/private-key", .level = FindingLevel::Error, .title = "private key"}};
  auto data = htmlData({.title = "app", .findings = findings}, nothing_);
  const llvm::json::Object& told = *(*data.getAsObject()->getArray("findings"))[0].getAsObject();
  EXPECT_EQ(told.getString("rule"), "secret/private-key");
  EXPECT_EQ(told.getString("level"), "error");
}

}  // namespace
}  // namespace strata::analyzer
