#include "analyzer/report/sarif.h"

#include "support/text.h"
#include "tests/support/testing.h"

#include <set>

namespace strata::analyzer {
namespace {

using llvm::json::Array;
using llvm::json::Object;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<Finding> findings() {
  std::vector<Finding> all(4);
  all[0] = {.rule = "secret/github-token", .level = FindingLevel::Error, .title = "GitHub token"};
  all[0].where = {.layer = 1,
                  .instruction = "COPY . /app",
                  .dockerfile = "./my app/Dockerfile",
                  .line = 7,
                  .path = "app/a b",
                  .fileLine = 3};
  all[1] = {.rule = "waste/duplicate", .level = FindingLevel::Note, .title = "twice", .bytes = 5};
  all[2] = {.rule = "secret/github-token", .level = FindingLevel::Warning, .title = "GitHub token"};
  all[2].where.element = "ENV X";
  all[2].edit = "--- a\n+++ b\n";
  all[3] = {.rule = "gate/highestImageSize", .level = FindingLevel::Error, .title = "failed"};
  return all;
}

const Object& objectAt(const Object& object, llvm::StringRef member) {
  const Object* found = object.getObject(member);
  EXPECT_TRUE(found) << member.str();
  static const Object none;
  return found ? *found : none;
}

/// The members that SARIF 2.1.0 requires, of the kinds that it asks for, and the constraints on them that are used here
/// (sections 3.13, 3.14, 3.18, 3.19, 3.27, 3.28, 3.29, 3.49).
void expectValid(const llvm::json::Value& value) {
  const Object& log = *value.getAsObject();
  EXPECT_EQ(log.getString("version"), std::optional<llvm::StringRef>("2.1.0"));
  EXPECT_TRUE(log.getString("$schema"));
  ASSERT_TRUE(log.getArray("runs"));
  for (const llvm::json::Value& run : *log.getArray("runs")) {
    const Object& driver = objectAt(objectAt(*run.getAsObject(), "tool"), "driver");
    EXPECT_TRUE(driver.getString("name"));
    std::vector<std::string> rules;
    for (const llvm::json::Value& rule : *driver.getArray("rules")) {
      rules.push_back(rule.getAsObject()->getString("id")->str());
      EXPECT_TRUE(objectAt(*rule.getAsObject(), "shortDescription").getString("text"));
    }
    EXPECT_THAT(std::set<std::string>(rules.begin(), rules.end()), SizeIs(rules.size()));
    ASSERT_TRUE(run.getAsObject()->getArray("results"));
    for (const llvm::json::Value& result : *run.getAsObject()->getArray("results")) {
      const Object& object = *result.getAsObject();
      EXPECT_FALSE(objectAt(object, "message").getString("text")->empty());
      EXPECT_EQ(rules.at(size_t(*object.getInteger("ruleIndex"))), object.getString("ruleId")->str());
      std::set<llvm::StringRef> levels{"none", "note", "warning", "error"};
      EXPECT_TRUE(levels.count(*object.getString("level")));
      for (const llvm::json::Value& location : *object.getArray("locations")) {
        for (const llvm::json::Value& logical : *location.getAsObject()->getArray("logicalLocations"))
          EXPECT_TRUE(logical.getAsObject()->getString("fullyQualifiedName"));
        const Object* physical = location.getAsObject()->getObject("physicalLocation");
        if (!physical) continue;
        EXPECT_TRUE(objectAt(*physical, "artifactLocation").getString("uri"));
        EXPECT_GE(*objectAt(*physical, "region").getInteger("startLine"), 1);
      }
    }
  }
}

const Object& resultAt(const llvm::json::Value& sarif, size_t at) {
  return *(*(*sarif.getAsObject()->getArray("runs"))[0].getAsObject()->getArray("results"))[at].getAsObject();
}
const Object& locationOf(const Object& result) { return *(*result.getArray("locations"))[0].getAsObject(); }

TEST(Sarif, HasWhatTheStandardRequires) {
  expectValid(sarifOf(findings(), "app", "1.0"));
  expectValid(sarifOf({}, "app", "1.0"));
}

TEST(Sarif, AResultIsAtItsLineAndAtItsPathInTheImage) {
  llvm::json::Value sarif = sarifOf(findings(), "app", "1.0");
  const Object& result = resultAt(sarif, 0);
  const Object& physical = objectAt(locationOf(result), "physicalLocation");
  EXPECT_EQ(objectAt(physical, "artifactLocation").getString("uri"),
            std::optional<llvm::StringRef>("my%20app/Dockerfile"));
  EXPECT_EQ(objectAt(physical, "region").getInteger("startLine"), std::optional<int64_t>(7));
  const Object& logical = *(*locationOf(result).getArray("logicalLocations"))[0].getAsObject();
  EXPECT_EQ(logical.getString("fullyQualifiedName"), std::optional<llvm::StringRef>("layer 2/app/a b"));
  EXPECT_FALSE(locationOf(resultAt(sarif, 2)).getObject("physicalLocation"));
  EXPECT_EQ(objectAt(resultAt(sarif, 2), "properties").getString("edit"),
            std::optional<llvm::StringRef>("--- a\n+++ b\n"));
}

TEST(Sarif, AFingerprintOutlivesMovedLines) {
  auto before = findings(), after = findings();
  after[0].where.line = 99;
  after[0].where.fileLine = 42;
  auto print = [](const llvm::json::Value& sarif, size_t at) {
    return objectAt(resultAt(sarif, at), "partialFingerprints").getString("strataFinding/v1")->str();
  };
  EXPECT_EQ(print(sarifOf(before, "", ""), 0), print(sarifOf(after, "", ""), 0));
  EXPECT_NE(print(sarifOf(before, "", ""), 0), print(sarifOf(before, "", ""), 2));
}

TEST(Sarif, HostileTextStaysText) {
  auto all = findings();
  all[0].where.path = "a\xff\x1b[2J\"</script>";
  all[0].title = "x\xff";
  llvm::json::Value sarif = sarifOf(all, "a\xff", "1");
  expectValid(sarif);
  std::string printed = printJson(sarif);
  EXPECT_TRUE(llvm::json::isUTF8(printed));
  EXPECT_EQ(printed.find('\x1b'), std::string::npos);
}

TEST(Sarif, PathsAreUris) {
  EXPECT_EQ(uriOf("Dockerfile"), "Dockerfile");
  EXPECT_EQ(uriOf("././a b/c%"), "a%20b/c%25");
  EXPECT_EQ(uriOf("/abs/x"), "file:///abs/x");
  EXPECT_EQ(uriOf("\xc3\xa4\n"), "%C3%A4%0A");
}

}  // namespace
}  // namespace strata::analyzer
