#include "cli/transfer_view.h"

#include "tests/support/testing.h"

#include <vector>

namespace strata::cli {
namespace {

/// A terminal that knows what the view needs: new lines, the cursor up and to the left, erasing from there on.
class Screen {
public:
  explicit Screen(ConsoleSize size) : size_(size) {}
  void write(llvm::StringRef text) {
    while (!text.empty()) {
      if (text.consume_front("\n")) {
        if (++row_ == lines_.size()) lines_.emplace_back();
        column_ = 0;
      } else if (text.consume_front("\r")) {
        column_ = 0;
      } else if (text.consume_front("\x1b[J")) {
        lines_.resize(row_ + 1);
        lines_[row_].resize(column_);
      } else if (text.consume_front("\x1b[")) {
        size_t up = 0;
        ASSERT_FALSE(text.consumeInteger(10, up));
        ASSERT_TRUE(text.consume_front("A")) << text.str();
        size_t top = lines_.size() > size_.rows ? lines_.size() - size_.rows : 0;
        row_ = row_ > up + top ? row_ - up : top;  // what has scrolled out is out of reach
      } else {
        lines_[row_].resize(column_);
        lines_[row_] += text.front();
        ++column_;
        text = text.drop_front();
        ASSERT_LT(column_, size_.columns) << "it would wrap";
      }
    }
  }
  std::string text() const {
    std::string all;
    for (const std::string& line : lines_) all += line + "\n";
    return all;
  }

private:
  ConsoleSize size_;
  std::vector<std::string> lines_ = {""};
  size_t row_ = 0, column_ = 0;
};

class TransferViewTest : public ::testing::Test {
protected:
  void start(uint32_t step) {
    view_.onStep({.step = step, .state = StepState::Started, .name = "[pull] place layer" + std::to_string(step)});
    show();
  }
  void end(uint32_t step, StepState state = StepState::Done) {
    view_.onStep({.step = step, .state = state});
    show();
  }
  void show() {
    screen_.write(out_.str());
    written_.clear();
  }

  ConsoleSize size_{.rows = 5, .columns = 40};
  Screen screen_{size_};
  std::string written_;
  llvm::raw_string_ostream out_{written_};
  TransferView view_{out_, {.underWay = "Downloading", .done = "Pull complete"}, [this] { return size_; }};
};

TEST_F(TransferViewTest, MoreLayersThanRowsAreCountedNotDrawn) {
  for (uint32_t step = 1; step <= 8; ++step) start(step);
  EXPECT_EQ(screen_.text(), "layer1: Waiting\nlayer2: Waiting\nlayer3: Waiting\n5 more under way\n\n");
  for (uint32_t step = 8; step >= 1; --step) end(step);
  std::string all;
  for (uint32_t step = 8; step >= 1; --step) all += "layer" + std::to_string(step) + ": Pull complete\n";
  EXPECT_EQ(screen_.text(), all + "\n") << "each once";
}

TEST_F(TransferViewTest, ANoticeStandsAboveWhatIsUnderWay) {
  start(1);
  start(2);
  view_.onNotice("WARN: slow");
  show();
  EXPECT_EQ(screen_.text(), "WARN: slow\nlayer1: Waiting\nlayer2: Waiting\n\n");
  end(1);
  end(2, StepState::Failed);
  EXPECT_EQ(screen_.text(), "WARN: slow\nlayer1: Pull complete\nlayer2: failed\n\n");
}

TEST_F(TransferViewTest, LinesAreCutToTheWidthOfTheTerminalThatIsDrawnOn) {
  view_.onStep({.step = 1, .state = StepState::Started, .name = "[pull] place " + std::string(100, 'x')});
  show();
  EXPECT_EQ(screen_.text().find('\n'), 39u);
}

TEST(TransferView, WithoutATerminalThereIsALineForEachThatHasCome) {
  std::string written;
  llvm::raw_string_ostream out(written);
  TransferView view(out, {.underWay = "Downloading", .done = "Pull complete"}, nullptr);
  view.onStep({.step = 1, .state = StepState::Started, .name = "[pull] place layer1"});
  view.onProgress({.step = 1, .done = 0, .total = 10, .detail = "pulling"});
  EXPECT_EQ(out.str(), "");
  view.onStep({.step = 1, .state = StepState::Done});
  view.settled("layer2", "Already exists");
  EXPECT_EQ(out.str(), "layer1: Pull complete\nlayer2: Already exists\n");
}

}  // namespace
}  // namespace strata::cli
