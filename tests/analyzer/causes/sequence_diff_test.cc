#include "analyzer/causes/sequence_diff.h"

#include "tests/support/testing.h"

#include <random>

namespace strata::analyzer {
namespace {

using Texts = std::vector<llvm::StringRef>;

/// What the edits make of `before`, and whether they name all of it.
Texts applied(const std::vector<SequenceEdit>& edits, const Texts& before, const Texts& after) {
  Texts made;
  size_t at = 0;
  for (const SequenceEdit& edit : edits) {
    if (edit.kind == SequenceEdit::Kind::Added) {
      made.insert(made.end(), after.begin() + ptrdiff_t(edit.begin), after.begin() + ptrdiff_t(edit.end));
      continue;
    }
    EXPECT_EQ(edit.begin, at);
    at = edit.end;
    if (edit.kind == SequenceEdit::Kind::Same)
      made.insert(made.end(), before.begin() + ptrdiff_t(edit.begin), before.begin() + ptrdiff_t(edit.end));
  }
  EXPECT_EQ(at, before.size());
  return made;
}

TEST(SequenceDiff, EditsMakeTheOneOfTheOther) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    auto make = [&] {
      Texts texts(random() % 12);
      for (llvm::StringRef& text : texts) text = llvm::StringRef("abc").substr(random() % 3, 1);
      return texts;
    };
    Texts before = make(), after = make();
    std::vector<SequenceEdit> edits = diffSequences(before, after);
    EXPECT_EQ(applied(edits, before, after), after);
    for (size_t i = 1; i < edits.size(); ++i) {
      EXPECT_NE(edits[i].kind, edits[i - 1].kind);
      EXPECT_FALSE(edits[i].kind == SequenceEdit::Kind::Removed && edits[i - 1].kind == SequenceEdit::Kind::Added);
    }
  }
}

TEST(SequenceDiff, AnEndlessMiddleIsReplacedAsAWhole) {
  std::vector<std::string> numbers;
  for (int i = 0; i < 6000; ++i) numbers.push_back(std::to_string(i));
  Texts before{"head"}, after{"head"};
  for (int i = 0; i < 3000; ++i) before.push_back(numbers[size_t(i)]), after.push_back(numbers[size_t(i + 3000)]);
  std::vector<SequenceEdit> edits = diffSequences(before, after);
  ASSERT_EQ(edits.size(), 3u);
  EXPECT_EQ(edits[1].kind, SequenceEdit::Kind::Removed);
  EXPECT_EQ(applied(edits, before, after), after);
}

TEST(WordDiff, MarksTheWordsThatDiffer) {
  EXPECT_EQ(wordDiffText("npm ci --quiet", "npm install --quiet"), "npm [-ci-]{+install+} --quiet");
  EXPECT_EQ(wordDiffText("make", "make -j2"), "make {+-j2+}");
  EXPECT_EQ(wordDiffText("make  all", "make\n all"), "(only white space differs)");
  EXPECT_EQ(wordDiffText("x", "\x1b[2J"), "[-x-]{+\\x1b[2J+}");
}

TEST(WordDiff, ShortFormKeepsAFewWordsAroundEachChange) {
  EXPECT_EQ(shortWordDiffText("a b c d e f g h OLD i j k l m n", "a b c d e f g h NEW i j k l m n"),
            "... f g h [-OLD-]{+NEW+} i j k ...");
}

TEST(UnifiedDiff, HasThreeLinesAroundAndCountsThem) {
  std::string before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n", after = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10";
  EXPECT_EQ(
      unifiedDiff("a/x", before, "b/x", after),
      "--- a/x\n+++ b/x\n@@ -2,8 +2,9 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n+10\n\\ No newline at end of file\n");
  EXPECT_EQ(unifiedDiff("a/x", before, "b/x", before), "");
  EXPECT_EQ(unifiedDiff("a/x", "", "b/x", "new\n"), "--- a/x\n+++ b/x\n@@ -0,0 +1,1 @@\n+new\n");
}

TEST(UnifiedDiff, FarChangesGetHunksOfTheirOwnAndPatchTakesThem) {
  TempDir dir = testing::makeTempDir();
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    std::string before, after;
    for (int line = 0; line < 60; ++line) {
      std::string text = "line " + std::to_string(line) + "\n";
      unsigned dice = unsigned(random() % 12);
      if (dice != 0) before += text;
      if (dice != 1) after += text;
      if (dice == 2) after += "more\n";
    }
    std::string diff = unifiedDiff("file", before, "file", after);
    if (diff.empty()) continue;
    testing::writeFile(dir.path() + "/file", before);
    testing::writeFile(dir.path() + "/diff", diff);
    ASSERT_EQ(std::system(("cd " + dir.path() + " && git apply -p0 --unsafe-paths diff").c_str()), 0) << diff;
    EXPECT_EQ(testing::must(readFile(dir.path() + "/file")), after) << diff;
  }
}

}  // namespace
}  // namespace strata::analyzer
