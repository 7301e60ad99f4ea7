#include "analyzer/causes/invalidation.h"

#include "analyzer/secrets/hidden_values.h"
#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using builder::Build;
using builder::BuildStep;
using builder::KeyComponent;
using builder::TreeEntry;
using builder::TreeObject;
using strata::testing::must;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Outcome = BuildStep::Outcome;
using Miss = BuildStep::Miss;

/// Builds of one project in a real journal: a FROM, a COPY, a RUN, as the solver writes them.
class InvalidationTest : public ::testing::Test {
protected:
  InvalidationTest()
      : dir_(strata::testing::makeTempDir()),
        database_(must(Database::open(joinPath(dir_.path(), "strata.db")))),
        journal_(must(builder::Journal::open(*database_))),
        trees_(must(builder::TreeStore::open(*database_))) {}

  Digest putTree(std::vector<std::pair<std::string, std::string>> files) {
    TreeObject tree;
    for (auto& [name, content] : files)
      tree.entries.push_back(
          TreeEntry{.name = name, .mode = 0644, .size = content.size(), .content = digestOf(content)});
    std::string encoded = tree.encode();
    Digest digest = digestOf(encoded);
    must(trees_->put(digest, encoded));
    return digest;
  }

  BuildStep& addStep(Build& build, llvm::StringRef instruction, llvm::StringRef text,
                     std::vector<KeyComponent> components) {
    BuildStep step;
    step.index = uint32_t(build.steps.size());
    step.stage = "stage-0";
    step.ordinal = step.index + 1;
    step.instruction = instruction.str();
    step.name = "[" + std::to_string(step.ordinal) + "/9] " + text.str();
    step.outcome = instruction == "from" ? Outcome::Hit : Outcome::Executed;
    step.miss = instruction == "from" ? Miss::None : Miss::NoRecord;
    step.duration = 5'000'000'000;
    step.components = std::move(components);
    build.steps.push_back(std::move(step));
    return build.steps.back();
  }

  Build makeBuild() {
    Build build;
    build.id = builder::Journal::makeId();
    build.context = "/src";
    build.dockerfile = "Dockerfile";
    return build;
  }
  void addFrom(Build& build, llvm::StringRef digest) {
    addStep(build, "from", "FROM node",
            {{.kind = KeyComponent::Kind::Base, .name = "node", .value = digest.str(), .where = "Dockerfile:1"}});
  }
  void addCopy(Build& build, llvm::StringRef name, const Digest& tree, llvm::StringRef parent) {
    uint32_t above = uint32_t(build.steps.size()) - 1;
    addStep(build, "copy", "COPY " + name.str() + " ./",
            {{.kind = KeyComponent::Kind::Instruction, .value = "COPY " + name.str() + " ./"},
             {.kind = KeyComponent::Kind::Parent, .value = parent.str(), .step = above},
             {.kind = KeyComponent::Kind::Files, .name = name.str(), .value = tree.hex(), .tree = tree}});
  }
  BuildStep& addRun(Build& build, llvm::StringRef command, llvm::StringRef parent,
                    std::vector<KeyComponent> more = {}) {
    uint32_t above = uint32_t(build.steps.size()) - 1;
    more.push_back({.kind = KeyComponent::Kind::Instruction, .value = "/bin/sh -c " + command.str()});
    more.push_back({.kind = KeyComponent::Kind::Parent, .value = parent.str(), .step = above});
    return addStep(build, "run", "RUN " + command.str(), std::move(more));
  }

  std::vector<StepReason> explain(const Build& build) {
    must(journal_->write(build));
    return must(reasonsFor(build, *journal_, *trees_));
  }
  static std::vector<Cause::Kind> kindsOf(const StepReason& reason) {
    std::vector<Cause::Kind> kinds;
    for (const Cause& cause : reason.causes) kinds.push_back(cause.kind);
    return kinds;
  }

  TempDir dir_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<builder::Journal> journal_;
  std::unique_ptr<builder::TreeStore> trees_;
};

TEST_F(InvalidationTest, AStepThatWasNeverBuiltSaysSo) {
  Build build = makeBuild();
  addFrom(build, "d1");
  addRun(build, "make", "p1");
  auto reasons = explain(build);
  ASSERT_THAT(reasons, SizeIs(2));
  EXPECT_TRUE(reasons[0].hit);
  EXPECT_EQ(summaryOf(reasons[0], build), "");
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::FirstBuild));
  EXPECT_EQ(reasons[1].cost, 5'000'000'000);
  EXPECT_EQ(reasons[1].comparedWith, "");
}

TEST_F(InvalidationTest, ChangedFilesAreNamedAndTheStepBelowPointsAtTheCopy) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addCopy(first, "package.json", putTree({{"a.txt", "same"}, {"gone", "x"}, {"package.json", "old"}}), "p0");
  addRun(first, "npm install", "p1");
  explain(first);

  Build second = makeBuild();
  addFrom(second, "d1");
  addCopy(second, "package.json", putTree({{"a.txt", "same"}, {"new", "xy"}, {"package.json", "newer"}}), "p0");
  addRun(second, "npm install", "p2");
  auto reasons = explain(second);

  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::Files));
  EXPECT_EQ(summaryOf(reasons[1], second), "package.json modified (3B -> 5B) and 2 more");
  EXPECT_EQ(detailsOf(reasons[1], second),
            "  package.json: 3 files changed\n"
            "    package.json modified (3B -> 5B)\n"
            "    new added (2B)\n"
            "    gone removed (1B)\n");
  EXPECT_EQ(reasons[1].comparedWith, first.id);
  EXPECT_THAT(kindsOf(reasons[2]), ElementsAre(Cause::Kind::ParentRebuilt));
  EXPECT_EQ(summaryOf(reasons[2], second), "rebuilt because of step 2 (COPY package.json ./)");
}

TEST_F(InvalidationTest, AnArgumentSaysFromWhatToWhatAndWhereItIsSet) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addRun(first, "make", "p",
         {{.kind = KeyComponent::Kind::Arg, .name = "VERSION", .value = "1", .where = "Dockerfile:2"}});
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  addRun(second, "make", "p",
         {{.kind = KeyComponent::Kind::Arg, .name = "VERSION", .value = "2", .where = "--build-arg"}});
  auto reasons = explain(second);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::Argument));
  EXPECT_EQ(summaryOf(reasons[1], second), "VERSION: 1 -> 2 (--build-arg, before: Dockerfile:2)");
}

TEST_F(InvalidationTest, AMovedBaseIsSaidByTheStepAboveItAndIsTheRootOfTheRest) {
  Build first = makeBuild();
  addFrom(first, digestOf("1").str());
  addRun(first, "make", "p1");
  addRun(first, "make install", "q1");
  explain(first);
  Build second = makeBuild();
  addFrom(second, digestOf("2").str());
  addRun(second, "make", "p2");
  addRun(second, "make install", "q2");
  auto reasons = explain(second);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::BaseMoved));
  EXPECT_THAT(summaryOf(reasons[1], second),
              HasSubstr("base node moved: sha256:" + digestOf("1").shortHex() + " -> sha256:"));
  EXPECT_THAT(kindsOf(reasons[2]), ElementsAre(Cause::Kind::ParentRebuilt));
  EXPECT_EQ(reasons[2].causes[0].rootCause, std::optional(0u));
}

TEST_F(InvalidationTest, ABaseThatMovedIsSaidAlsoBelowCopiesThatStayed) {
  Digest tree = putTree({{"a", "1"}});
  Build first = makeBuild();
  addFrom(first, digestOf("1").str());
  addCopy(first, "src", tree, "p1");
  addRun(first, "make", "q1");
  explain(first);
  Build second = makeBuild();
  addFrom(second, digestOf("2").str());
  addCopy(second, "src", tree, "p2");
  second.steps.back().outcome = Outcome::Hit;
  second.steps.back().miss = Miss::None;
  addRun(second, "make", "q2");
  auto reasons = explain(second);
  EXPECT_TRUE(reasons[1].causes.empty());
  EXPECT_THAT(kindsOf(reasons[2]), ElementsAre(Cause::Kind::BaseMoved));
  EXPECT_EQ(reasons[2].causes[0].rootCause, std::optional(0u));
}

TEST_F(InvalidationTest, AnInsertedLineDoesNotBlameItsNeighbours) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addRun(first, "first", "p1");
  addRun(first, "second", "p2");
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  addRun(second, "first", "p1").outcome = Outcome::Hit;
  second.steps.back().miss = Miss::None;
  addRun(second, "inserted", "p2");
  addRun(second, "second", "p3");
  auto reasons = explain(second);
  EXPECT_TRUE(reasons[1].hit);
  EXPECT_THAT(kindsOf(reasons[2]), ElementsAre(Cause::Kind::FirstBuild));
  EXPECT_THAT(kindsOf(reasons[3]), ElementsAre(Cause::Kind::ParentRebuilt));
  EXPECT_EQ(reasons[3].causes[0].rootCause, std::optional(2u));
}

TEST_F(InvalidationTest, AnEditedLineShowsItsOldAndNewText) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addRun(first, "make", "p1");
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  addRun(second, "make -j2", "p1");
  auto reasons = explain(second);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::Instruction));
  EXPECT_EQ(summaryOf(reasons[1], second), "instruction changed: make {+-j2+}");
}

TEST_F(InvalidationTest, AMissWithoutADifferenceNamesWhatTheStoreKnows) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addRun(first, "make", "p1").outcome = Outcome::Failed;
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  addRun(second, "make", "p1");
  auto reasons = explain(second);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::Unknown));
  EXPECT_THAT(summaryOf(reasons[1], second), HasSubstr("it failed in build " + first.id));

  Build third = makeBuild();
  addFrom(third, "d1");
  addRun(third, "make", "p1").miss = Miss::NoCache;
  addRun(third, "make install", "p2").miss = Miss::LayerGone;
  reasons = explain(third);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::NoCache));
  EXPECT_THAT(kindsOf(reasons[2]), ElementsAre(Cause::Kind::LayerGone));
}

TEST_F(InvalidationTest, WhatBecameOfTheRecordIsWhatTheBuildWroteDown) {
  Build build = makeBuild();
  addFrom(build, "d1");
  BuildStep& pruned = addRun(build, "make", "p1");
  pruned.miss = Miss::RecordPruned;
  pruned.missReason = "used 3 weeks ago";
  pruned.recordRemoved = nowNanoseconds() - int64_t(7200) * 1'000'000'000;
  BuildStep& damaged = addRun(build, "make install", "p2");
  damaged.miss = Miss::Damaged;
  damaged.missReason = "its files are missing";
  addRun(build, "strip", "p3").miss = Miss::NoCacheStage;
  auto reasons = explain(build);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::RecordPruned));
  EXPECT_THAT(summaryOf(reasons[1], build),
              ::testing::MatchesRegex("its cache record was pruned 2 hours ago, at .*:..Z .used 3 weeks ago."));
  EXPECT_THAT(kindsOf(reasons[2]), ElementsAre(Cause::Kind::Damaged));
  EXPECT_EQ(summaryOf(reasons[2], build), "its cached layer was damaged and dropped (its files are missing)");
  EXPECT_EQ(summaryOf(reasons[3], build), "--no-cache-filter was given");
}

TEST_F(InvalidationTest, AStepThatOnlyACacheKnowsNamesItsRelativeThere) {
  Build elsewhere = makeBuild();
  elsewhere.origin = "registry/team/cache";
  addFrom(elsewhere, "d1");
  addRun(elsewhere, "make", "p1",
         {{.kind = KeyComponent::Kind::Arg, .name = "V", .value = "1", .where = "--build-arg"}});
  must(journal_->writeImported(elsewhere, makeBuild().project()));
  Build build = makeBuild();
  addFrom(build, "d1");
  addRun(build, "make", "p1", {{.kind = KeyComponent::Kind::Arg, .name = "V", .value = "2", .where = "--build-arg"}});
  auto reasons = explain(build);
  EXPECT_TRUE(reasons[1].neverHere);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::Argument));
  EXPECT_EQ(summaryOf(reasons[1], build),
            "never built here; since the cache's build " + elsewhere.id + ": V: 1 -> 2 (--build-arg)");
  Build again = makeBuild();
  addFrom(again, "d1");
  addRun(again, "make", "p1", {{.kind = KeyComponent::Kind::Arg, .name = "V", .value = "3", .where = "--build-arg"}});
  EXPECT_FALSE(explain(again)[1].neverHere);
}

TEST_F(InvalidationTest, AMountAndAPlatformAreNamedAsSuch) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addRun(first, "make", "p",
         {{.kind = KeyComponent::Kind::Mount, .name = "/cache", .value = "type=cache,rw"},
          {.kind = KeyComponent::Kind::Platform, .value = "linux/amd64"}});
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  addRun(second, "make", "p",
         {{.kind = KeyComponent::Kind::Mount, .name = "/cache", .value = "type=tmpfs,rw"},
          {.kind = KeyComponent::Kind::Platform, .value = "linux/arm64"}});
  auto reasons = explain(second);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::Mount, Cause::Kind::Platform));
  EXPECT_EQ(summaryOf(reasons[1], second),
            "mount /cache: type=cache,rw -> type=tmpfs,rw; platform: linux/amd64 -> linux/arm64");
}

TEST_F(InvalidationTest, AVariableThatBecameAnEnvIsOneCause) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addRun(first, "make", "p", {{.kind = KeyComponent::Kind::Arg, .name = "V", .value = "1", .where = "Dockerfile:2"}});
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  addRun(second, "make", "p", {{.kind = KeyComponent::Kind::Env, .name = "V", .value = "2", .where = "Dockerfile:3"}});
  auto reasons = explain(second);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::Environment));
  EXPECT_EQ(summaryOf(reasons[1], second), "V: 1 -> 2 (Dockerfile:3, before: Dockerfile:2)");
}

TEST_F(InvalidationTest, AStepIsFoundBehindManyBuildsThatLackIt) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addRun(first, "make", "p1");
  explain(first);
  for (int i = 0; i < 15; ++i) {
    Build without = makeBuild();
    addFrom(without, "d1");
    must(journal_->write(without));
  }
  Build last = makeBuild();
  addFrom(last, "d1");
  addRun(last, "make", "p2");
  EXPECT_EQ(explain(last)[1].comparedWith, first.id);
}

TEST_F(InvalidationTest, ASkippedStepIsNoRecordToCompareWith) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addRun(first, "make", "p1");
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  BuildStep& skipped = addRun(second, "make", "p1");
  skipped.outcome = Outcome::Skipped;
  skipped.miss = Miss::None;
  skipped.components.pop_back();
  EXPECT_TRUE(explain(second)[1].causes.empty());
  Build third = makeBuild();
  addFrom(third, "d1");
  addRun(third, "make", "p3");
  auto reasons = explain(third);
  EXPECT_EQ(reasons[1].comparedWith, first.id);
  EXPECT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::ParentRebuilt));
}

TEST_F(InvalidationTest, FilesWhoseEarlierTreeIsGoneAreStillACause) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addCopy(first, "src", digestOf("never stored"), "p0");
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  addCopy(second, "src", putTree({{"a", "1"}}), "p0");
  auto reasons = explain(second);
  ASSERT_THAT(kindsOf(reasons[1]), ElementsAre(Cause::Kind::Files));
  EXPECT_FALSE(reasons[1].causes[0].changesKnown);
  EXPECT_EQ(summaryOf(reasons[1], second), "src changed (which files is no longer known)");
}

TEST_F(InvalidationTest, ACopyIsNotBlamedOnItsParentWhenItsFilesChanged) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addCopy(first, "src", putTree({{"a", "1"}}), "p0");
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  addCopy(second, "src", putTree({{"a", "2"}}), "p1");
  EXPECT_THAT(kindsOf(explain(second)[1]), ElementsAre(Cause::Kind::Files));
}

TEST_F(InvalidationTest, AStepThatLeftTheSameIsThankedForTheRunsBelowIt) {
  Build build = makeBuild();
  addFrom(build, "sha256:1");
  BuildStep& cut = addRun(build, "make", "p");
  cut.unchanged = true;
  BuildStep& below = addRun(build, "make test", "q");
  below.outcome = Outcome::Hit;
  below.miss = Miss::None;
  below.recordedDuration = 3'000'000'000;
  BuildStep& furtherBelow = addRun(build, "strip", "r");
  furtherBelow.outcome = Outcome::Hit;
  furtherBelow.miss = Miss::None;
  furtherBelow.recordedDuration = 2'000'000'000;
  must(journal_->write(build));
  auto reasons = must(reasonsFor(build, *journal_, *trees_));
  EXPECT_TRUE(reasons[1].unchanged);
  EXPECT_EQ(reasons[1].savedSteps, 2u);
  EXPECT_EQ(reasons[1].saved, 5'000'000'000);
  EXPECT_EQ(reasons[2].savedSteps, 0u);
  EXPECT_THAT(summaryOf(reasons[1], build), HasSubstr("same files as before"));
  EXPECT_THAT(detailsOf(reasons[1], build), HasSubstr("2 steps below stayed cached (5.0s saved)"));
}

TEST_F(InvalidationTest, WhatAStepLeftOtherwiseIsNamed) {
  Build build = makeBuild();
  addFrom(build, "sha256:1");
  BuildStep& step = addRun(build, "make", "p");
  step.earlierOutput = putTree({{"app", "same"}, {"log", "1 ms"}});
  step.output = putTree({{"app", "same"}, {"log", "2 ms"}});
  must(journal_->write(build));
  Build loaded = must(journal_->load("last"));
  auto reasons = must(reasonsFor(loaded, *journal_, *trees_));
  ASSERT_THAT(reasons[1].outputChanges, SizeIs(1));
  EXPECT_THAT(detailsOf(reasons[1], loaded), HasSubstr("1 difference:\n    log modified (4B)"));
  EXPECT_THAT(printJson(toJson(reasons[1], loaded)), HasSubstr("\"outputChanges\":[{"));
}

/// What a step with a secret says of the same one on another machine.
class SecretElsewhere : public InvalidationTest {
protected:
  Build withToken(llvm::StringRef token, llvm::StringRef parent) {
    Build build = makeBuild();
    addFrom(build, "d1");
    addRun(build, "make", parent, {{.kind = KeyComponent::Kind::Arg, .name = "TOKEN", .value = token.str()}});
    return build;
  }
  std::vector<Cause> causesSince(Build theirs, llvm::StringRef token) {
    theirs.origin = "registry/team/cache";
    must(journal_->writeImported(theirs, makeBuild().project()));
    return explain(withToken(token, "p2"))[1].causes;
  }
};

TEST_F(SecretElsewhere, IsTheSameByItsMark) {
  auto causes = causesSince(withMarks(withToken("k8Jx02hQpaZw71", "p1")), "k8Jx02hQpaZw71");
  ASSERT_THAT(causes, SizeIs(1));
  EXPECT_EQ(causes[0].kind, Cause::Kind::ParentRebuilt);
}

TEST_F(SecretElsewhere, IsAnotherByItsMark) {
  auto causes = causesSince(withMarks(withToken("k8Jx02hQpaZw71", "p1")), "k8Jx02hQpaZw72");
  ASSERT_THAT(causes, SizeIs(2));
  EXPECT_EQ(causes[0].kind, Cause::Kind::Argument);
  EXPECT_THAT(causes[0].before, ::testing::StartsWith("***#"));
  EXPECT_NE(causes[0].before, causes[0].after);
}

TEST_F(SecretElsewhere, IsTheSameAlsoWhereItCameWithoutAMark) {
  EXPECT_THAT(causesSince(withToken("k8Jx02hQpaZw71", "p1"), "k8Jx02hQpaZw71"), SizeIs(1));
}

TEST_F(InvalidationTest, TextFromOutsideCannotSpeakToTheTerminal) {
  Build first = makeBuild();
  addFrom(first, "d1");
  addRun(first, "make", "p", {{.kind = KeyComponent::Kind::Env, .name = "X", .value = "1"}});
  explain(first);
  Build second = makeBuild();
  addFrom(second, "d1");
  addRun(second, "make", "p", {{.kind = KeyComponent::Kind::Env, .name = "X", .value = "\x1b[2J"}});
  EXPECT_EQ(summaryOf(explain(second)[1], second), "X: 1 -> \\x1b[2J");
}

}  // namespace
}  // namespace strata::analyzer
