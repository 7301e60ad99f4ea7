#include "cli/build_view.h"
#include "support/text.h"
#include "tests/support/testing.h"

#include <llvm/Support/Base64.h>

namespace strata::cli {
namespace {

using testing::must;

class ProgressRawJsonTest : public ::testing::Test {
protected:
  ProgressRawJsonTest() : out_(text_), view_(makeRawJsonView(out_)) {}
  void step(uint32_t id, StepState state, const std::string& name = "", const std::string& text = "") {
    view_->onStep({.step = id, .state = state, .name = name, .text = text});
  }
  /// The one entry of the next line, which is of this kind.
  llvm::json::Object next(llvm::StringRef kind) {
    auto [line, rest] = llvm::StringRef(text_).drop_front(read_).split('\n');
    read_ += line.size() + 1;
    auto value = must(parseJson(line));
    const llvm::json::Array* entries = value.getAsObject()->getArray(kind);
    EXPECT_TRUE(entries && entries->size() == 1 && value.getAsObject()->size() == 1) << line.str();
    return entries ? *entries->front().getAsObject() : llvm::json::Object();
  }
  static std::string decoded(const llvm::json::Object& object, llvm::StringRef key) {
    std::vector<char> bytes;
    must(llvm::decodeBase64(*object.getString(key), bytes));
    return std::string(bytes.begin(), bytes.end());
  }

  std::string text_;
  size_t read_ = 0;
  llvm::raw_string_ostream out_;
  std::unique_ptr<BuildView> view_;
};

TEST_F(ProgressRawJsonTest, AStepFromItsBeginningToItsEnd) {
  step(7, StepState::Started, "[1/2] RUN make");
  view_->onOutput({.step = 7, .isError = true, .text = std::string("no line \xff end")});
  view_->onProgress({.step = 7, .done = 5, .total = 10, .detail = "hashing"});
  step(7, StepState::Done, "[1/2] RUN make");
  auto begun = next("vertexes"), log = next("logs"), status = next("statuses"), done = next("vertexes");
  EXPECT_EQ(begun.getString("name"), "[1/2] RUN make");
  EXPECT_TRUE(begun.getString("digest")->starts_with("sha256:"));
  EXPECT_GT(must(parseRfc3339(*begun.getString("started"))), 0);
  EXPECT_FALSE(begun.get("completed"));
  EXPECT_EQ(log.getString("vertex"), begun.getString("digest"));
  EXPECT_EQ(log.getInteger("stream"), 2);
  EXPECT_EQ(decoded(log, "data"), "no line \xff end");
  EXPECT_EQ(status.getString("id"), "hashing");
  EXPECT_EQ(status.getInteger("current"), 5);
  EXPECT_EQ(status.getInteger("total"), 10);
  EXPECT_FALSE(status.get("completed"));
  EXPECT_EQ(done.getString("digest"), begun.getString("digest"));
  EXPECT_EQ(done.getString("started"), begun.getString("started"));
  EXPECT_TRUE(done.getString("completed"));
  EXPECT_FALSE(done.get("error") || done.get("cached"));
}

TEST_F(ProgressRawJsonTest, EndsAreToldApart) {
  step(1, StepState::Cached, "a");
  step(2, StepState::Failed, "b", "exit code: 3");
  step(3, StepState::Cancelled, "c");
  step(4, StepState::Skipped, "d");
  auto cached = next("vertexes"), failed = next("vertexes"), cancelled = next("vertexes"), skipped = next("vertexes");
  EXPECT_EQ(cached.getBoolean("cached"), true);
  EXPECT_EQ(failed.getString("error"), "exit code: 3");
  EXPECT_EQ(cancelled.getString("error"), "context canceled");
  EXPECT_FALSE(skipped.get("started") || skipped.get("completed"));
  EXPECT_NE(cached.getString("digest"), failed.getString("digest"));
}

TEST_F(ProgressRawJsonTest, WarningsAndNoticesAndNothingElse) {
  view_->onWarning({.step = 1, .text = "Rule: words", .detail = "why", .url = "https://example.com/", .excerpt = ""});
  view_->onNotice("a notice");
  auto warning = next("warnings"), notice = next("warnings");
  EXPECT_EQ(decoded(warning, "short"), "Rule: words");
  EXPECT_EQ(warning.getString("url"), "https://example.com/");
  EXPECT_EQ(decoded(notice, "short"), "a notice");
  view_->close();
  EXPECT_EQ(text_.size(), read_);
}

TEST_F(ProgressRawJsonTest, EveryLineIsOneObjectWhateverANameHolds) {
  step(1, StepState::Started, "RUN \x1b[31m\xff\n\"");
  EXPECT_TRUE(next("vertexes").getString("name"));
  EXPECT_EQ(text_.size(), read_);
}

}  // namespace
}  // namespace strata::cli
