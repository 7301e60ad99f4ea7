#include "cli/reading_view.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {
using strata::testing::must;
using ::testing::HasSubstr;

class ReadingViewTest : public ::testing::Test {
protected:
  /// Reads a blob of `size` bytes to its end, or only its beginning.
  void read(std::shared_ptr<ReadingView> view, bool toItsEnd = true) {
    auto blob = watched(std::make_unique<StringSource>(bytes_), view, 0, "0123456789ab", bytes_.size());
    char buffer[1000];
    if (!toItsEnd) return (void)must(blob->read(buffer, sizeof buffer));
    while (must(blob->read(buffer, sizeof buffer)) > 0) {
    }
    EXPECT_EQ(must(blob->read(buffer, sizeof buffer)), 0u);
  }
  std::shared_ptr<ReadingView> view(TransferView::Terminal terminal, ReadingView::Clock::duration patience) {
    return std::make_shared<ReadingView>(out_, std::move(terminal), patience);
  }
  static ConsoleSize terminal() { return {24, 80}; }

  const std::string bytes_ = std::string(2500, 'x');
  std::string text_;
  llvm::raw_string_ostream out_{text_};
};

TEST_F(ReadingViewTest, ATerminalShowsEachLayer) {
  read(view(terminal, std::chrono::hours(1)));
  EXPECT_THAT(text_, HasSubstr("0123456789ab: Read 2.5kB"));
}

TEST_F(ReadingViewTest, NothingIsSaidElsewhereUnlessItTakesLong) {
  read(view(nullptr, std::chrono::hours(1)));
  EXPECT_EQ(text_, "");
  read(view(nullptr, {}));
  EXPECT_THAT(text_, HasSubstr("0123456789ab: Reading 1kB/2.5kB\n"));
}

TEST_F(ReadingViewTest, WhatIsNotReadToItsEndIsNotSaidToBe) {
  read(view(terminal, std::chrono::hours(1)), /*toItsEnd=*/false);
  EXPECT_THAT(text_, HasSubstr("0123456789ab: failed"));
}

}  // namespace
}  // namespace strata::cli
