#include "cli/reading_view.h"

#include "support/text.h"

namespace strata::cli {

namespace {
constexpr TransferView::Words kReadingWords = {.underWay = "Reading", .done = "Read"};

class WatchedSource : public ByteSource {
public:
  WatchedSource(std::unique_ptr<ByteSource> blob, std::shared_ptr<ProgressSink> progress, StepProgress news)
      : blob_(std::move(blob)), progress_(std::move(progress)), news_(std::move(news)) {}
  /// Whoever leaves it before its end has failed, or has no use for the rest.
  ~WatchedSource() override {
    if (!ended_) progress_->onStep({.step = news_.step, .state = StepState::Failed});
  }

  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    auto count = blob_->read(buffer, size);
    if (!count || ended_) return count;
    news_.done += *count;
    progress_->onProgress(news_);
    if (*count == 0 && size > 0) end();
    return count;
  }

private:
  void end() {
    ended_ = true;
    progress_->onStep({.step = news_.step, .state = StepState::Done});
  }

  std::unique_ptr<ByteSource> blob_;
  std::shared_ptr<ProgressSink> progress_;
  StepProgress news_;
  bool ended_ = false;
};
}  // namespace

ReadingView::ReadingView(llvm::raw_ostream& out, TransferView::Terminal terminal, Clock::duration patience)
    : out_(out), patience_(patience), saidAt_(Clock::now()) {
  if (terminal) onTerminal_ = std::make_unique<TransferView>(out, kReadingWords, std::move(terminal));
}

void ReadingView::onStep(const StepNews& news) {
  if (onTerminal_) return onTerminal_->onStep(news);
  std::lock_guard lock(mutex_);
  if (news.state == StepState::Started)
    names_[news.step] = llvm::StringRef(news.name).rsplit(' ').second.str();
  else
    names_.erase(news.step);
}

void ReadingView::onProgress(const StepProgress& progress) {
  if (onTerminal_) return onTerminal_->onProgress(progress);
  std::lock_guard lock(mutex_);
  if (Clock::now() - saidAt_ < patience_) return;
  std::string amount = humanSize(progress.done);
  if (progress.total > progress.done) amount += "/" + humanSize(progress.total);
  say(names_[progress.step] + ": " + kReadingWords.underWay.str() + " " + amount);
}

void ReadingView::onNotice(const std::string& text) {
  if (onTerminal_) return onTerminal_->onNotice(text);
  std::lock_guard lock(mutex_);
  say(text);
}

void ReadingView::say(const std::string& line) {
  out_ << line << "\n";
  out_.flush();
  saidAt_ = Clock::now();
}

std::unique_ptr<ByteSource> watched(std::unique_ptr<ByteSource> blob, std::shared_ptr<ProgressSink> progress,
                                    uint32_t step, std::string name, uint64_t total) {
  progress->onStep({.step = step, .state = StepState::Started, .name = "[read] " + name});
  return std::make_unique<WatchedSource>(std::move(blob), std::move(progress),
                                         StepProgress{.step = step, .total = total});
}

}  // namespace strata::cli
