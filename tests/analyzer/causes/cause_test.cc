#include "analyzer/causes/cause.h"

#include "analyzer/causes/invalidation.h"
#include "builder/upkeep/prune.h"
#include "tests/builder/build_fixture.h"

#include <sys/xattr.h>

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

/// One thing is changed between two real builds, and exactly that is what is told of the second one.
class CauseTest : public builder::BuildTest {
protected:
  void SetUp() override {
    BuildTest::SetUp();
    if (IsSkipped()) return;
    writeFile(context("src/a"), "one\n");
    writeFile(context("src/b"), "two\n");
  }

  /// Builds and says, a line a step that missed: its number and its causes as a table shows them.
  std::vector<std::string> rebuild() {
    mustBuild();
    return causes();
  }
  std::vector<std::string> rebuild(llvm::StringRef text) {
    dockerfile(text);
    return rebuild();
  }
  std::vector<std::string> rebuildInVain() {
    EXPECT_FAULT(tryBuild(), FaultKind::Invalid);
    return causes();
  }

private:
  std::vector<std::string> causes() {
    auto journal = must(builder::Journal::open(store_->database()));
    auto trees = must(builder::TreeStore::open(store_->database()));
    builder::Build build = must(journal->load("last"));
    std::vector<std::string> lines;
    for (const StepReason& reason : must(reasonsFor(build, *journal, *trees)))
      if (!reason.causes.empty()) lines.push_back(std::to_string(reason.step + 1) + " " + kindsAndWords(reason, build));
    return lines;
  }
  static std::string kindsAndWords(const StepReason& reason, const builder::Build& build) {
    std::string line;
    for (const Cause& cause : reason.causes)
      line += (line.empty() ? "" : "; ") + nameOf(cause.kind).str() + ": " + summaryOf(cause, build);
    return line;
  }
};

TEST_F(CauseTest, TheOwnerAloneOfAFileOutOfAStage) {
  const std::string rest = " /made\nFROM base\nCOPY --from=one /made /made\nRUN cat /made\n";
  rebuild("FROM base AS one\nRUN echo x >/made && busybox chown 7:8" + rest);
  EXPECT_THAT(rebuild("FROM base AS one\nRUN echo x >/made && busybox chown 9:8" + rest),
              ElementsAre(MatchesRegex("2 instruction: .*"), "4 files: made owner 7:8 -> 9:8",
                          MatchesRegex("5 parent-rebuilt: rebuilt because of step 2 .*")));
}

TEST_F(CauseTest, TheOwnerThatACopyGives) {
  rebuild("FROM base\nARG OWNER=7:8\nCOPY --chown=$OWNER src /src\n");
  request_.buildArgs = {{"OWNER", "9:8"}};
  EXPECT_THAT(rebuild(),
              ElementsAre("2 instruction: instruction changed: COPY [---chown=7:8-]{+--chown=9:8+} src /src"));
}

TEST_F(CauseTest, TheOwnerWhoseNameMeansAnotherNumber) {
  const std::string rest = ":60::/:/bin/sh' >>/etc/passwd\nCOPY --chown=eve src /src\nUSER eve\nWORKDIR /made\n";
  rebuild("FROM base\nRUN echo 'eve:x:50" + rest);
  EXPECT_THAT(rebuild("FROM base\nRUN echo 'eve:x:51" + rest),
              ElementsAre(MatchesRegex("2 instruction: .*"), "3 destination: owner eve: 50:60 -> 51:60",
                          "4 destination: owner eve: 50:60 -> 51:60"));
}

TEST_F(CauseTest, ExtendedAttributesAlone) {
  if (::setxattr(context("src/a").c_str(), "user.note", "1", 1, 0) != 0)
    GTEST_SKIP() << "no user xattrs on this file system";
  rebuild("FROM base\nCOPY src /src\n");
  ASSERT_EQ(::setxattr(context("src/a").c_str(), "user.note", "2", 1, 0), 0);
  EXPECT_THAT(rebuild(), ElementsAre("2 files: src/a extended attributes changed"));
}

TEST_F(CauseTest, AFileThatBecameALink) {
  rebuild("FROM base\nCOPY src /src\n");
  must(removeTree(context("src/a")));
  ASSERT_EQ(::symlink("b", context("src/a").c_str()), 0);
  EXPECT_THAT(rebuild(), ElementsAre("2 files: src/a was a file, is a symlink"));
}

TEST_F(CauseTest, ALinkThatPointsElsewhere) {
  ASSERT_EQ(::symlink("a", context("src/link").c_str()), 0);
  rebuild("FROM base\nCOPY src /src\n");
  must(removeTree(context("src/link")));
  ASSERT_EQ(::symlink("b", context("src/link").c_str()), 0);
  EXPECT_THAT(rebuild(), ElementsAre("2 files: src/link target a -> b"));
}

TEST_F(CauseTest, TheDestinationsModeBelowACopy) {
  rebuild("FROM base\nRUN mkdir -m 755 /app\nCOPY src /app/\n");
  EXPECT_THAT(rebuild("FROM base\nRUN mkdir -m 700 /app\nCOPY src /app/\n"),
              ElementsAre("2 instruction: instruction changed: mkdir -m [-755-]{+700+} /app",
                          "3 destination: what it copies onto is different"));
}

TEST_F(CauseTest, ADestinationThatIsALinkNow) {
  rebuild("FROM base\nRUN mkdir /app /other\nCOPY src /app/\n");
  EXPECT_THAT(rebuild("FROM base\nRUN mkdir /other && ln -s other /app\nCOPY src /app/\n"),
              ElementsAre(MatchesRegex("2 instruction: .*"), "3 destination: what it copies onto is different"));
}

TEST_F(CauseTest, WhatABaseHasWhereADirectoryIsMade) {
  rebuild("FROM base\nRUN mkdir -m 755 /app\nWORKDIR /app/deep\n");
  EXPECT_THAT(rebuild("FROM base\nRUN mkdir -m 700 /app\nWORKDIR /app/deep\n"),
              ElementsAre(MatchesRegex("2 instruction: .*"), "3 destination: what it copies onto is different"));
}

TEST_F(CauseTest, TheTextOfAHereDocument) {
  rebuild("FROM base\nCOPY <<END /note\none word\nEND\n");
  EXPECT_THAT(rebuild("FROM base\nCOPY <<END /note\nanother word\nEND\n"),
              ElementsAre("2 option: <<END: [-one-]{+another+} word"));
}

TEST_F(CauseTest, TheModeThatACopyGives) {
  rebuild("FROM base\nCOPY --chmod=644 src /src\n");
  EXPECT_THAT(rebuild("FROM base\nCOPY --chmod=600 src /src\n"),
              ElementsAre("2 instruction: instruction changed: COPY [---chmod=644-]{+--chmod=600+} src /src"));
}

TEST_F(CauseTest, WhatACopyLeavesOut) {
  rebuild("FROM base\nCOPY --exclude=x src /src\n");
  // and what that came to
  EXPECT_THAT(rebuild("FROM base\nCOPY --exclude=b src /src\n"),
              ElementsAre("2 files: src/b removed (4B); option: exclude: x -> b"));
}

TEST_F(CauseTest, WhatTheIgnoreFileLeavesOut) {
  rebuild("FROM base\nCOPY src /src\n");
  writeFile(context(".dockerignore"), "src/b\n");
  EXPECT_THAT(rebuild(), ElementsAre("2 files: src/b removed (4B)"));
}

TEST_F(CauseTest, ACopyThatLinks) {
  rebuild("FROM base\nCOPY src /src\n");
  EXPECT_THAT(rebuild("FROM base\nCOPY --link src /src\n"), ElementsAre("2 option: link: (none) -> true"));
}

TEST_F(CauseTest, TheDirectoryOfARun) {
  rebuild("FROM base\nWORKDIR /tmp\nRUN ls\n");
  EXPECT_THAT(
      rebuild("FROM base\nWORKDIR /bin\nRUN ls\n"),
      ElementsAre("2 instruction: instruction changed: WORKDIR [-/tmp-]{+/bin+}", "3 option: workdir: /tmp -> /bin"));
}

TEST_F(CauseTest, TheShellOfARun) {
  rebuild("FROM base\nRUN echo\n");
  EXPECT_THAT(rebuild("FROM base\nSHELL [\"/bin/sh\", \"-e\", \"-c\"]\nRUN echo\n"),
              ElementsAre("2 instruction: instruction changed: {+/bin/sh -e -c+} echo"));
}

TEST_F(CauseTest, TheNameOfTheHostAndOfOthers) {
  rebuild("FROM base\nRUN echo\n");
  request_.extraHosts = {"database:127.0.0.1"};
  EXPECT_THAT(rebuild(), ElementsAre("2 option: add-host: (none) -> database"));
  request_.extraHosts.clear();
  EXPECT_THAT(rebuild(), ElementsAre());
  request_.buildArgs = {{"BUILDKIT_SANDBOX_HOSTNAME", "builder"}};
  EXPECT_THAT(rebuild(), ElementsAre("2 option: hostname: (none) -> builder"));
}

TEST_F(CauseTest, TheTimeThatFilesAreGiven) {
  request_.buildArgs = {{"SOURCE_DATE_EPOCH", "1000"}};
  rebuild("FROM base\nCOPY src /src\n");
  request_.buildArgs = {{"SOURCE_DATE_EPOCH", "2000"}};
  EXPECT_THAT(rebuild(), ElementsAre("2 option: SOURCE_DATE_EPOCH: 1000 -> 2000"));
}

TEST_F(CauseTest, TheFilesThatARunBinds) {
  rebuild("FROM base\nRUN --mount=type=bind,source=src,target=/in cat /in/a\n");
  writeFile(context("src/a"), "three\n");
  EXPECT_THAT(rebuild(), ElementsAre("2 files: in/a modified (4B -> 6B)"));
}

TEST_F(CauseTest, TheFilesThatAFailingRunBinds) {
  rebuild("FROM base\nRUN --mount=type=bind,source=src,target=/in cat /in/a\n");
  must(removeTree(context("src/a")));
  EXPECT_THAT(rebuildInVain(), ElementsAre("2 files: in/a removed (4B)"));
  dockerfile("FROM base\nRUN echo 1 >/x\nRUN --mount=type=bind,source=src,target=/in cat /in/b\n");
  mustBuild();
  must(removeTree(context("src/b")));
  dockerfile("FROM base\nRUN echo 2 >/x\nRUN --mount=type=bind,source=src,target=/in cat /in/b\n");
  writeFile(context("src/c"), "3\n");
  EXPECT_THAT(rebuildInVain(),
              ElementsAre(MatchesRegex("2 instruction: .*"), MatchesRegex("3 files: .*; parent-rebuilt: .*step 2 .*")));
}

TEST_F(CauseTest, WhatACacheBeginsWith) {
  const std::string rest = " >/d/f\nFROM base\nRUN --mount=type=cache,target=/c,from=one,source=/d ls /c\n";
  rebuild("FROM base AS one\nRUN mkdir /d && echo 1" + rest);
  EXPECT_THAT(
      rebuild("FROM base AS one\nRUN mkdir /d && echo 2" + rest),
      ElementsAre(MatchesRegex("2 instruction: .*"), MatchesRegex("4 mount: mount /c from one: because of step 2 .*")));
}

TEST_F(CauseTest, TheImageThatFilesComeFrom) {
  addBase("other", "one");
  rebuild("FROM base\nCOPY --from=other /etc/marker /marker\n");
  addBase("other", "more");
  EXPECT_THAT(rebuild(), ElementsAre(MatchesRegex("2 files: marker modified .*; base-moved: base other moved: .*")));
}

TEST_F(CauseTest, ARecordThatWasPrunedAlsoWhereItsKeyCannotComeAgain) {
  rebuild("FROM base\nRUN echo x >/made\nRUN cat /made\n");
  rebuild("FROM base\nRUN true; echo x >/made\nRUN cat /made\n");
  ASSERT_EQ(outcomes(), "HEH");  // what it stands on has the files that it had
  must(builder::prune(*store_, {.command = "builder prune --all", .cache = builder::PruneRequest::Cache::All}, [] {}));
  const std::string pruned =
      " record-pruned: its cache record was pruned by `strata builder prune --all` .* ago, at .*Z .*";
  EXPECT_THAT(rebuild(), ElementsAre(MatchesRegex("2" + pruned), MatchesRegex("3" + pruned)));
  rebuild("FROM base\nRUN true; echo y >/made\nRUN cat /made\n");
  must(builder::prune(*store_, {.command = "builder prune --all", .cache = builder::PruneRequest::Cache::All}, [] {}));
  // what has a cause of its own says that
  EXPECT_THAT(rebuild("FROM base\nRUN true; echo y >/made\nRUN cat -n /made\n"),
              ElementsAre(MatchesRegex("2" + pruned), MatchesRegex("3 instruction: .*")));
}

TEST_F(CauseTest, TheStepThatFilesCameOutOfAndWhereThatBegan) {
  const std::string rest = " /src\nRUN cat /src/a >/made\nRUN echo idle\nFROM base\nCOPY --from=one /made /made\n";
  rebuild("FROM base AS one\nCOPY src" + rest);
  writeFile(context("src/a"), "three\n");
  mustBuild();
  auto journal = must(builder::Journal::open(store_->database()));
  auto trees = must(builder::TreeStore::open(store_->database()));
  builder::Build build = must(journal->load("last"));
  StepReason reason = must(reasonsFor(build, *journal, *trees))[5];
  EXPECT_THAT(detailsOf(reason, build),
              HasSubstr("out of step 3 (RUN cat /src/a >/made), rebuilt because of step 2 (COPY src /src)"));
}

TEST_F(CauseTest, WhatAnotherTargetNeededIsNoNewStep) {
  const std::string rest = " >/made\nFROM one AS test\nRUN echo test\nFROM one AS final\nRUN echo final\n";
  request_.target = "test";
  rebuild("FROM base AS one\nRUN echo 1" + rest);
  request_.target = "final";
  EXPECT_THAT(
      rebuild("FROM base AS one\nRUN echo 2" + rest),
      ElementsAre("2 instruction: instruction changed: echo [-1-]{+2+} >/made", MatchesRegex("3 first-build: .*")));
}

TEST_F(CauseTest, ALayerThatIsGone) {
  rebuild("FROM base\nRUN echo x >/made\n");
  builder::Build before = journal();
  must(store_->layers().remove(layerfs::LayerId{before.steps[1].layer}));
  EXPECT_THAT(rebuild(), ElementsAre(MatchesRegex("2 layer-gone: its cached layer is no longer in the store .*")));
}

}  // namespace
}  // namespace strata::analyzer
