#include "cli/build_view.h"

#include "tests/support/testing.h"

#include <thread>

namespace strata::cli {
namespace {

using ::testing::HasSubstr;

TEST(ProgressTtyTest, TheLastPictureShowsEveryStepWithItsEnd) {
  std::string text;
  llvm::raw_string_ostream out(text);
  auto view = makeTtyView(out);
  view->onStep({.step = 0, .state = StepState::Cached, .name = "[1/2] FROM busybox"});
  view->onStep({.step = 1, .state = StepState::Started, .name = "[2/2] RUN make"});
  view->onOutput({.step = 1, .text = "\x1b[2Jcompiling\n"});
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  view->onStep({.step = 1, .state = StepState::Failed, .name = "[2/2] RUN make", .text = "exit code: 2"});
  view->close();
  EXPECT_THAT(text, HasSubstr(" => => # compiling"));
  EXPECT_THAT(text, HasSubstr(" => CACHED [1/2] FROM busybox"));
  EXPECT_THAT(text, HasSubstr(" => ERROR [2/2] RUN make"));
  EXPECT_THAT(text, HasSubstr("(2/2) FINISHED"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("\x1b[2J")));
}

TEST(ProgressTtyTest, NothingIsDrawnForABuildThatNeverBegan) {
  std::string text;
  llvm::raw_string_ostream out(text);
  makeTtyView(out)->close();
  EXPECT_EQ(text, "");
}

TEST(ProgressTtyTest, DrawingIsRareHoweverMuchIsPrinted) {
  std::string text;
  llvm::raw_string_ostream out(text);
  auto view = makeTtyView(out);
  view->onStep({.step = 1, .state = StepState::Started, .name = "RUN yes"});
  for (int i = 0; i < 20'000; ++i) view->onOutput({.step = 1, .text = "y\n"});
  view->close();
  EXPECT_LT(llvm::StringRef(text).count("Building"), 40u);
}

}  // namespace
}  // namespace strata::cli
