#include "builder/journal/journal.h"

#include "builder/journal/build_json.h"
#include "support/database.h"
#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;

class JournalTest : public ::testing::Test {
protected:
  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/strata.db"));
  std::unique_ptr<Journal> journal_ = must(Journal::open(*database_));

  Build makeBuild(llvm::StringRef id, llvm::StringRef context) {
    Build build;
    build.id = id.str();
    build.context = context.str();
    build.dockerfile = "Dockerfile";
    build.started = 1'700'000'000'000'000'000;
    build.succeeded = true;
    return build;
  }
};

TEST_F(JournalTest, KeysAreTheSameInEitherForm) {
  using Kind = KeyComponent::Kind;
  Build build = makeBuild("0123456789ab", "/app");
  BuildStep step;
  step.components = {
      {.kind = Kind::Instruction, .value = "make"},
      {.kind = Kind::Env, .name = "A", .value = "1", .where = "Dockerfile:2"},
      {.kind = Kind::Arg, .name = "B", .value = "2", .where = "--build-arg", .line = 3},
      {.kind = Kind::Parent, .value = "p", .step = 0},
      {.kind = Kind::Files, .name = "a", .value = "v", .where = "one", .line = 0, .tree = digestOf("t"), .step = 1}};
  build.steps = {step};
  auto readBack = [&](KeyForm form) {
    Build read = makeBuild("0123456789ab", "/app");
    readSteps(must(parseJson(printJson(stepsJson(build, form)), 1 << 20)), read);
    return printJson(toJson(read));
  };
  EXPECT_EQ(readBack(KeyForm::Compact), printJson(toJson(build)));
  EXPECT_EQ(readBack(KeyForm::Named), printJson(toJson(build)));
  Build odd = makeBuild("0123456789ab", "/app");
  readSteps(must(parseJson("[{\"components\":[[],[1,2],[\"arg\",\"A\"],\"x\",null]}]", 1 << 20)), odd);
  ASSERT_EQ(odd.steps[0].components.size(), 3u);
  EXPECT_EQ(odd.steps[0].components[2].name, "A");
}

TEST_F(JournalTest, GivesBackEveryFieldOfAStep) {
  Build build = makeBuild("0123456789ab", "/app");
  build.image = digestOf("image");
  build.names = {"docker.io/library/app:latest"};
  build.title = "nightly";
  build.warnings = {{"StageNameCasing", "StageNameCasing: lower (line 1)", "why", "https://example.com/", 1, 2}};
  BuildStep step;
  step.index = 3;
  step.stage = "build";
  step.ordinal = 2;
  step.instruction = "copy";
  step.name = "[build 2/4] COPY a b";
  step.firstLine = 4;
  step.lastLine = 5;
  step.outcome = BuildStep::Outcome::Executed;
  step.miss = BuildStep::Miss::LayerGone;
  step.key = digestOf("key");
  step.started = 17;
  step.duration = 18;
  step.recordedDuration = 19;
  step.layer = 20;
  step.diffId = digestOf("diff");
  step.layerBytes = 21;
  step.components = {{.kind = KeyComponent::Kind::Files,
                      .name = "a",
                      .value = "v",
                      .where = "Dockerfile:4",
                      .tree = digestOf("tree"),
                      .step = 1}};
  build.steps = {step};
  must(journal_->write(build));

  Build loaded = must(journal_->load("last"));
  EXPECT_EQ(printJson(toJson(loaded)), printJson(toJson(build)));
  EXPECT_EQ(loaded.image, build.image);
  EXPECT_EQ(loaded.title, "nightly");
  ASSERT_EQ(loaded.warnings.size(), 1u);
  EXPECT_EQ(loaded.warnings[0].rule, "StageNameCasing");
  EXPECT_EQ(loaded.warnings[0].lastLine, 2u);
  ASSERT_EQ(loaded.steps.size(), 1u);
  EXPECT_EQ(loaded.steps[0].key, step.key);
  EXPECT_EQ(loaded.steps[0].diffId, step.diffId);
  EXPECT_EQ(loaded.steps[0].components[0].tree, digestOf("tree"));
  EXPECT_EQ(loaded.steps[0].components[0].step, 1u);
}

TEST_F(JournalTest, FindsABuildByPrefixAndSaysWhenSeveralMatch) {
  must(journal_->write(makeBuild("abc000000000", "/a")));
  must(journal_->write(makeBuild("abc111111111", "/a")));
  EXPECT_EQ(must(journal_->load("abc1")).id, "abc111111111");
  EXPECT_FAULT(journal_->load("abc"), FaultKind::Invalid);
  EXPECT_FAULT(journal_->load("fff"), FaultKind::NotFound);
  EXPECT_FAULT(journal_->load("ab"), FaultKind::NotFound);
  EXPECT_FAULT(journal_->load("*ab"), FaultKind::NotFound);
}

TEST_F(JournalTest, EarlierBuildsAreThoseOfTheSameProjectNewestFirst) {
  must(journal_->write(makeBuild("aaa000000000", "/a")));
  must(journal_->write(makeBuild("bbb000000000", "/b")));
  must(journal_->write(makeBuild("aaa111111111", "/a")));
  Build last = makeBuild("aaa222222222", "/a");
  must(journal_->write(last));
  must(journal_->write(makeBuild("aaa333333333", "/a")));
  std::vector<Build> earlier = must(journal_->earlierBuilds(last, 10));
  ASSERT_EQ(earlier.size(), 2u);
  EXPECT_EQ(earlier[0].id, "aaa111111111");
  EXPECT_EQ(earlier[1].id, "aaa000000000");
  EXPECT_EQ(must(journal_->earlierBuilds(last, 1)).size(), 1u);
}

TEST_F(JournalTest, TrimKeepsTheNewestOfEachProject) {
  must(journal_->write(makeBuild("aaa000000000", "/a")));
  must(journal_->write(makeBuild("aaa111111111", "/a")));
  must(journal_->write(makeBuild("bbb000000000", "/b")));
  EXPECT_EQ(must(journal_->trim(1)), 1u);
  EXPECT_EQ(must(journal_->list(10)).size(), 2u);
  EXPECT_FAULT(journal_->load("aaa0"), FaultKind::NotFound);
}

TEST_F(JournalTest, ABuildIsFoundByItsImageAndNamesOfEnumsSurviveAnyBytes) {
  Build build = makeBuild("aaa000000000", "/a\xff");
  build.image = digestOf("x");
  must(journal_->write(build));
  EXPECT_EQ(must(journal_->findByImage(digestOf("x")))->id, build.id);
  EXPECT_FALSE(must(journal_->findByImage(digestOf("y"))).has_value());
}

TEST_F(JournalTest, BuildsOfOtherMachinesAreForComparisonAlone) {
  must(journal_->write(makeBuild("000000000001", "/app")));
  Build imported = makeBuild("000000000002", "/elsewhere");
  imported.origin = "localhost:5000/app:cache";
  EXPECT_TRUE(must(journal_->writeImported(imported, makeBuild("", "/app").project())));
  EXPECT_FALSE(must(journal_->writeImported(imported, makeBuild("", "/app").project())));
  EXPECT_EQ(must(journal_->load("last")).id, "000000000001");
  EXPECT_EQ(must(journal_->list(10)).size(), 1u);
  EXPECT_EQ(must(journal_->list(10, Journal::Imported::Yes)).size(), 2u);
  EXPECT_EQ(must(journal_->load("000000000002")).origin, "localhost:5000/app:cache");
  auto earlier = must(journal_->earlierBuilds(makeBuild("000000000003", "/app"), 10));
  ASSERT_EQ(earlier.size(), 2u);
  EXPECT_EQ(earlier[0].id, "000000000002");
  EXPECT_EQ(earlier[0].origin, "localhost:5000/app:cache");
  EXPECT_EQ(earlier[1].origin, "");
}

TEST_F(JournalTest, OfAProjectThreeBuildsOfOtherMachinesStay) {
  for (const char* id : {"00000000000a", "00000000000b", "00000000000c", "00000000000d"}) {
    Build imported = makeBuild(id, "/elsewhere");
    imported.origin = "cache";
    must(journal_->writeImported(imported, "project"));
  }
  EXPECT_EQ(must(journal_->list(10, Journal::Imported::Yes)).size(), 3u);
  EXPECT_FAULT(journal_->load("00000000000a"), FaultKind::NotFound);
  must(journal_->write(makeBuild("000000000001", "/app")));
  EXPECT_EQ(must(journal_->trim(1)), 2u) << "one of each kind of each project stays";
}

}  // namespace
}  // namespace strata::builder
