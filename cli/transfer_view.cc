#include "cli/transfer_view.h"

#include "support/text.h"

#include <algorithm>

namespace strata::cli {

namespace {
constexpr auto kRedraw = std::chrono::milliseconds(100);
}

TransferView::Terminal TransferView::terminalAt(int fd) {
  if (!isTerminal(fd)) return nullptr;
  return [fd] { return consoleSize(fd); };
}

/// "12.3MB 24.1MB/s"; nothing for what took no bytes.
std::string TransferView::amountOf(const Line& line) {
  if (line.done == 0) return "";
  double seconds = std::chrono::duration<double>(Clock::now() - line.began).count();
  std::string amount = humanSize(line.done);
  if (line.total > line.done) amount += "/" + humanSize(line.total);
  return seconds > 0.001 ? amount + " " + humanSize(uint64_t(double(line.done) / seconds)) + "/s" : amount;
}

/// The cursor stays below what is drawn, so that is one line less than the terminal has: lines that scroll out of it
/// cannot be drawn again.
std::string TransferView::underWay(const ConsoleSize& size) {
  size_t most = std::max(size.rows, 2u) - 1, shown = lines_.size() <= most ? lines_.size() : most - 1;
  std::string text;
  auto add = [&](llvm::StringRef line) {
    text += line.take_front(std::max(size.columns, 2u) - 1);
    text += "\n";
    ++drawn_;
  };
  drawn_ = 0;
  for (const auto& [step, line] : lines_) {
    if (drawn_ == shown) break;
    add(line.id + ": " + (line.done ? words_.underWay.str() + " " + amountOf(line) : "Waiting"));
  }
  if (shown < lines_.size()) add(std::to_string(lines_.size() - shown) + " more under way");
  return text;
}

/// `lasting`: a line that is to stay, above those that are redrawn.
void TransferView::draw(llvm::StringRef lasting) {
  if (terminal_ && drawn_ > 0) out_ << "\x1b[" << drawn_ << "A\r\x1b[J";
  if (!lasting.empty()) out_ << lasting << "\n";
  if (terminal_) out_ << underWay(terminal_());
  out_.flush();
  drawnAt_ = Clock::now();
}

void TransferView::onStep(const StepNews& news) {
  std::lock_guard lock(mutex_);
  if (news.state == StepState::Started) {
    lines_[news.step] = {.id = llvm::StringRef(news.name).rsplit(' ').second.str(), .began = Clock::now()};
    return draw();
  }
  auto found = lines_.find(news.step);
  if (found == lines_.end()) return;
  Line line = std::move(found->second);
  lines_.erase(found);
  if (news.state == StepState::Failed) return draw(line.id + ": failed");  // the command says why
  if (news.state == StepState::Cancelled) return draw(line.id + ": given up");
  std::string amount = amountOf(line);
  std::string text = line.id + ": " + (news.text.empty() ? words_.done.str() : news.text);
  draw(amount.empty() ? text : text + " " + amount);
}

void TransferView::onProgress(const StepProgress& progress) {
  std::lock_guard lock(mutex_);
  auto found = lines_.find(progress.step);
  if (found == lines_.end()) return;
  found->second.done = progress.done;
  found->second.total = progress.total;
  if (terminal_ && Clock::now() - drawnAt_ >= kRedraw) draw();
}

void TransferView::onNotice(const std::string& text) {
  std::lock_guard lock(mutex_);
  draw(text);
}

void TransferView::settled(llvm::StringRef id, llvm::StringRef text) {
  std::lock_guard lock(mutex_);
  draw((id + ": " + text).str());
}

}  // namespace strata::cli
