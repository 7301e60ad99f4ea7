#include "cli/build_view.h"

#include "tests/support/testing.h"

#include <regex>

namespace strata::cli {
namespace {

class ProgressPlainTest : public ::testing::Test {
protected:
  ProgressPlainTest() : out_(text_), view_(makePlainView(out_)) {}
  void step(uint32_t id, StepState state, const std::string& name = "", const std::string& text = "") {
    view_->onStep({.step = id, .state = state, .name = name, .text = text});
  }
  /// What was printed, with every time as 0.0.
  std::string printed() {
    view_->close();
    return std::regex_replace(text_, std::regex("[0-9]+\\.[0-9]+"), "0.0");
  }

  std::string text_;
  llvm::raw_string_ostream out_;
  std::unique_ptr<BuildView> view_;
};

TEST_F(ProgressPlainTest, StepsAreNumberedAsTheyAppear) {
  step(7, StepState::Cached, "[1/2] FROM busybox");
  step(3, StepState::Started, "[2/2] RUN make");
  view_->onOutput({.step = 3, .text = "one\ntw"});
  view_->onOutput({.step = 3, .text = "o\n"});
  step(3, StepState::Done, "[2/2] RUN make");
  EXPECT_EQ(printed(), "#1 [1/2] FROM busybox\n#1 CACHED\n\n#2 [2/2] RUN make\n#2 0.0 one\n#2 0.0 two\n#2 DONE 0.0s\n");
}

TEST_F(ProgressPlainTest, EndsAreToldApart) {
  step(1, StepState::Started, "RUN a");
  view_->onOutput({.step = 1, .text = "no line end"});
  step(1, StepState::Failed, "RUN a", "exit code: 3");
  step(2, StepState::Cancelled, "RUN b");
  view_->onStep({.step = 3, .state = StepState::Skipped, .name = "RUN c", .because = 1});
  EXPECT_EQ(printed(),
            "#1 RUN a\n#1 0.0 no line end\n#1 ERROR: exit code: 3\n"
            "\n#2 RUN b\n#2 CANCELED\n"
            "\n#3 RUN c\n#3 SKIPPED because #1 failed\n"
            "------\n > RUN a:\n0.0 no line end\n------\n");
}

TEST_F(ProgressPlainTest, AFailedStepShowsItsLastTwentyLinesAgain) {
  step(1, StepState::Started, "RUN a");
  for (int i = 0; i < 30; ++i) view_->onOutput({.step = 1, .text = "line " + std::to_string(i) + ".\n"});
  step(1, StepState::Failed, "RUN a", "exit code: 1");
  std::string text = printed();
  std::string again = text.substr(text.find("------"));
  EXPECT_THAT(again, ::testing::Not(::testing::HasSubstr("line 9.")));
  EXPECT_THAT(again, ::testing::HasSubstr("line 10."));
  EXPECT_THAT(again, ::testing::HasSubstr("line 29."));
}

TEST_F(ProgressPlainTest, OutputWithoutLineEndsStaysBounded) {
  step(1, StepState::Started, "RUN yes");
  std::string block(64 * 1024, 'y');
  for (int i = 0; i < 16; ++i) view_->onOutput({.step = 1, .text = block});
  size_t longest = 0;
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(text_).split(lines, '\n');
  for (llvm::StringRef line : lines) longest = std::max(longest, line.size());
  EXPECT_LT(longest, 20'000u);
}

TEST_F(ProgressPlainTest, NamesAndOutputCannotSpeakToTheTerminal) {
  step(1, StepState::Started, "RUN \x1b[2J");
  view_->onOutput({.step = 1, .text = "\x1b[2Jhello\n"});
  step(1, StepState::Failed, "RUN \x1b[2J", "\x1b]0;x\x07");
  EXPECT_EQ(printed().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace strata::cli
