#include "analyzer/reads/run_reads.h"

#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {
using builder::Build;
using builder::BuildStep;
using builder::ReadSource;
using builder::StepReads;
using ::testing::HasSubstr;
using testing::must;
using ::testing::Not;
using Outcome = BuildStep::Outcome;

class RunReadsTest : public ::testing::Test {
protected:
  void SetUp() override {
    build_.id = "0123456789ab";
    build_.steps = {{.instruction = "copy", .name = "[1/3] COPY . .", .key = digestOf("copy")},
                    {.instruction = "run", .name = "[2/3] RUN npm ci", .firstLine = 3, .key = digestOf("npm")},
                    {.instruction = "run", .name = "[3/3] RUN make", .key = digestOf("make")}};
    ReadSource copy{.key = digestOf("copy"), .instruction = "copy", .name = "[1/3] COPY . ."};
    copy.files = 5'231;
    copy.bytes = 40'000'000;
    copy.readFiles = 2;
    copy.readBytes = 2'000;
    copy.read = {{.path = "a\nb", .executed = true}, {.path = "package.json"}};
    copy.unread = {{.path = "small", .bytes = 5},
                   {.path = "src", .isDirectory = true, .files = 5'228, .bytes = 39'000'000}};
    must(store_->put(digestOf("npm"), StepReads{.build = "earlier", .sources = {copy}, .listed = {"", "src"}}));
  }
  std::vector<RunReads> runs() { return must(readsOf(build_, *store_)); }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/strata.db"));
  std::unique_ptr<builder::Journal> journal_ = must(builder::Journal::open(*database_));
  std::unique_ptr<builder::ReadStore> store_ = must(builder::ReadStore::open(*database_));
  Build build_;
};

TEST_F(RunReadsTest, OneParagraphARun) {
  auto found = runs();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(textOf(found[0], build_),
            "step 2  [2/3] RUN npm ci\n"
            "    as traced in build earlier\n"
            "    2 of 5231 files (2kB of 40MB) of step 1  [1/3] COPY . .\n");
  EXPECT_THAT(textOf(found[1], build_), HasSubstr("not known: it was not traced (strata build --trace-reads)"));
}

TEST_F(RunReadsTest, PathsOnRequestTheLargestUnreadFirst) {
  std::string text = textOf(runs()[0], build_, 10);
  EXPECT_THAT(text, HasSubstr("      opened:\n        /a\\x0ab  (executed)\n        /package.json\n"
                              "      not opened:\n        /src/  (5228 files, 39MB)\n        /small  (5B)\n"
                              "      directories listed:\n        /\n        /src/\n"));
  EXPECT_THAT(textOf(runs()[0], build_, 1), HasSubstr("... and 1 more (--all)"));
}

TEST_F(RunReadsTest, SaysWhyNothingIsKnown) {
  auto whyNot = [&](Outcome outcome) {
    build_.steps[2].outcome = outcome;
    return runs()[1].whyNot;
  };
  EXPECT_THAT(whyNot(Outcome::Hit), HasSubstr("its execution was not traced"));
  EXPECT_THAT(whyNot(Outcome::Failed), HasSubstr("did not come to its end"));
  EXPECT_THAT(whyNot(Outcome::Skipped), HasSubstr("not reached"));
}

TEST_F(RunReadsTest, AFailedStepHasNoneOfAnEarlierSuccess) {
  build_.steps[1].outcome = Outcome::Failed;
  EXPECT_FALSE(runs()[0].reads);
}

TEST_F(RunReadsTest, AsJson) {
  std::string json = printJson(toJson(runs()[0], build_));
  EXPECT_THAT(json, HasSubstr(R"("readFiles":2)"));
  EXPECT_THAT(json, HasSubstr(R"({"bytes":39000000,"directory":true,"files":5228,"path":"src"})"));
  EXPECT_THAT(json, HasSubstr(R"({"executed":true,"path":"a\nb"})"));
  EXPECT_THAT(json, HasSubstr(R"("listed":["","src"])"));
  EXPECT_THAT(json, HasSubstr(R"("step":0)"));
  EXPECT_THAT(printJson(toJson(runs()[1], build_)), HasSubstr(R"("known":false)"));
}
}  // namespace
}  // namespace strata::analyzer
