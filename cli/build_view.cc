#include "cli/build_view.h"

#include "cli/console.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/Format.h>

#include <unistd.h>

namespace strata::cli {

namespace {

constexpr size_t kKeptLines = 20;
/// A line without an end is cut here: memory stays bounded whatever a RUN prints.
constexpr size_t kLongestLine = 16 * 1024;
constexpr double kShortest = 0.01;  // seconds that a rate is said of

}  // namespace

std::string secondsText(std::chrono::nanoseconds time, unsigned digits) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.*f", digits, std::chrono::duration<double>(time).count());
  return text;
}

std::string StepView::progressText() const {
  std::string text = progress.detail.empty() ? "" : printable(progress.detail) + " ";
  text += humanSize(progress.done);
  if (progress.total > progress.done) text += " / " + humanSize(progress.total);
  double seconds = std::chrono::duration<double>(moved - started).count();
  return seconds < kShortest ? text : text + " " + humanSize(uint64_t(double(progress.done) / seconds)) + "/s";
}

StepView& BuildView::stepOf(uint32_t id, bool& isNew) {
  auto [slot, fresh] = numbers_.try_emplace(id, uint32_t(steps_.size() + 1));
  isNew = fresh;
  if (!fresh) return steps_[slot->second - 1];
  StepView& step = steps_.emplace_back();
  step.number = slot->second;
  step.started = step.ended = ViewClock::now();
  return step;
}

void BuildView::onStep(const StepNews& news) {
  std::lock_guard lock(mutex_);
  bool isNew = false;
  StepView& step = stepOf(news.step, isNew);
  if (!news.name.empty()) step.name = shownLine(news.name);
  if (news.state == StepState::Started)
    step.started = ViewClock::now();
  else
    step.ended = ViewClock::now();
  if (news.state != StepState::Started && !step.partial.empty()) {
    takeLine(step, step.partial);
    step.partial.clear();
  }
  step.state = news.state;
  step.text = news.text;
  if (news.because) {
    auto because = numbers_.find(*news.because);
    step.because = because == numbers_.end() ? 0 : because->second;
  }
  stepChanged(step, isNew);
}

void BuildView::onOutput(const StepOutput& output) {
  std::lock_guard lock(mutex_);
  bool isNew = false;
  StepView& step = stepOf(output.step, isNew);
  outputCame(step, output);
  step.partial += output.text;
  llvm::StringRef rest = step.partial;
  for (size_t end = rest.find('\n'); end != llvm::StringRef::npos; end = rest.find('\n')) {
    takeLine(step, rest.take_front(end));
    rest = rest.drop_front(end + 1);
  }
  for (; rest.size() > kLongestLine; rest = rest.drop_front(kLongestLine))
    takeLine(step, rest.take_front(kLongestLine));
  step.partial = rest.str();
}

void BuildView::takeLine(StepView& step, llvm::StringRef line) {
  std::string shown = secondsText(ViewClock::now() - step.started, 3) + " " + shownLine(line);
  step.output.push_back(shown);
  if (step.output.size() > kKeptLines) step.output.pop_front();
  lineCame(step, shown);
}

void BuildView::onProgress(const StepProgress& progress) {
  std::lock_guard lock(mutex_);
  bool isNew = false;
  StepView& step = stepOf(progress.step, isNew);
  step.moved = ViewClock::now();
  step.progress = progress;
  progressed(step);
}

void BuildView::onNotice(const std::string& text) {
  std::lock_guard lock(mutex_);
  noticed(text);
}

void BuildView::onWarning(const StepWarning& warning) {
  std::lock_guard lock(mutex_);
  warnings_.push_back(warning);
  bool isNew = false;
  StepView& step = stepOf(warning.step, isNew);
  warned(step, warning);
}

void BuildView::close() {
  closed();
  std::lock_guard lock(mutex_);
  if (showsFailures()) printFailures();
  if (showsWarnings()) printWarnings();
  out_.flush();
}

void BuildView::printFailures() {
  for (const StepView& step : steps_) {
    if (step.state != StepState::Failed || step.output.empty()) continue;
    out_ << "------\n > " << step.name << ":\n";
    for (const std::string& line : step.output) out_ << line << "\n";
    out_ << "------\n";
  }
}

void BuildView::printWarnings() {
  if (warnings_.empty()) return;
  out_ << "\n " << warnings_.size() << (warnings_.size() == 1 ? " warning found" : " warnings found")
       << (expandsWarnings_ ? ":\n" : " (use --debug to expand):\n");
  for (const StepWarning& warning : warnings_) {
    out_ << " - " << shownLine(warning.text) << "\n";
    if (!expandsWarnings_) continue;
    out_ << printable(warning.detail) << "\nMore info: " << warning.url << "\n" << warning.excerpt << "\n";
  }
}

namespace {

class QuietView : public BuildView {
public:
  explicit QuietView(llvm::raw_ostream& out) : BuildView(out) {}

private:
  void stepChanged(const StepView&, bool) override {}
  void lineCame(const StepView&, const std::string&) override {}
  void progressed(const StepView&) override {}
  void noticed(const std::string&) override {}
  bool showsWarnings() const override { return false; }
};

}  // namespace

std::unique_ptr<BuildView> makeQuietView(llvm::raw_ostream& out) { return std::make_unique<QuietView>(out); }

llvm::Expected<std::unique_ptr<BuildView>> makeBuildView(llvm::StringRef progress, bool quiet, llvm::raw_ostream& out) {
  if (!llvm::is_contained({"auto", "plain", "tty", "quiet", "none", "rawjson", ""}, progress))
    return fault(FaultKind::Invalid,
                 "invalid progress type '" + progress + "': use auto, plain, tty, rawjson or quiet");
  if (quiet || progress == "quiet" || progress == "none") return makeQuietView(out);
  if (progress == "rawjson") return makeRawJsonView(out);
  bool terminal = isTerminal(STDERR_FILENO);
  if (progress == "tty" && !terminal)
    return fault(FaultKind::Invalid, "--progress=tty needs a terminal on standard error; use --progress=plain");
  bool dumb = llvm::StringRef(::getenv("TERM") ? ::getenv("TERM") : "") == "dumb";
  bool tree = progress == "tty" || (progress != "plain" && terminal && !dumb);
  return tree ? makeTtyView(out) : makePlainView(out);
}

}  // namespace strata::cli
