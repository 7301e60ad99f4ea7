#include "cli/transfer_view.h"

#include "cli/console.h"
#include "support/text.h"

#include <unistd.h>

namespace strata::cli {

namespace {
constexpr auto kRedraw = std::chrono::milliseconds(100);
}

/// "12.3MB 24.1MB/s"; nothing for what took no bytes.
std::string TransferView::amountOf(const Line& line) const {
  if (line.done == 0) return "";
  double seconds = std::chrono::duration<double>(Clock::now() - line.began).count();
  std::string amount = humanSize(line.done);
  if (line.total > line.done) amount += "/" + humanSize(line.total);
  return seconds > 0.001 ? amount + " " + humanSize(uint64_t(double(line.done) / seconds)) + "/s" : amount;
}

void TransferView::draw(const Line& line, llvm::StringRef text) {
  std::string whole = line.id + ": " + text.str();
  if (!live_) {
    out_ << whole << "\n";
    out_.flush();
    return;
  }
  whole = whole.substr(0, consoleSize(STDERR_FILENO).columns - 1);
  if (line.place >= drawn_) {
    out_ << whole << "\n";
    ++drawn_;
  } else {
    size_t up = drawn_ - line.place;
    out_ << "\x1b[" << up << "A\r\x1b[2K" << whole << "\x1b[" << up << "B\r";
  }
  out_.flush();
}

void TransferView::onStep(const StepNews& news) {
  std::lock_guard lock(mutex_);
  if (news.state == StepState::Started) {
    Line line{.id = llvm::StringRef(news.name).rsplit(' ').second.str(), .place = drawn_, .began = Clock::now()};
    if (live_) draw(line, "Waiting");
    lines_[news.step] = std::move(line);
    return;
  }
  auto found = lines_.find(news.step);
  if (found == lines_.end()) return;
  std::string amount = amountOf(found->second);
  std::string text = news.text.empty() ? words_.done.str() : news.text;
  if (news.state == StepState::Failed)
    draw(found->second, "failed");  // the command says why
  else
    draw(found->second, amount.empty() ? text : text + " " + amount);
  lines_.erase(found);
}

void TransferView::onProgress(const StepProgress& progress) {
  std::lock_guard lock(mutex_);
  auto found = lines_.find(progress.step);
  if (found == lines_.end()) return;
  Line& line = found->second;
  line.done = progress.done;
  line.total = progress.total;
  Clock::time_point now = Clock::now();
  if (!live_ || now - line.drawn < kRedraw) return;
  line.drawn = now;
  draw(line, (words_.underWay + " " + amountOf(line)).str());
}

void TransferView::onNotice(const std::string& text) {
  std::lock_guard lock(mutex_);
  out_ << text << "\n";
  drawn_ = 0;  // lines above are out of reach now; the next of each goes below
  for (auto& [step, line] : lines_) line.place = SIZE_MAX;
}

void TransferView::settled(llvm::StringRef id, llvm::StringRef text) {
  std::lock_guard lock(mutex_);
  draw({.id = id.str(), .place = drawn_}, text);
}

}  // namespace strata::cli
