#include "cli/build_view.h"
#include "cli/console.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Unicode.h>

#include <unistd.h>
#include <condition_variable>
#include <cstdlib>
#include <thread>

namespace strata::cli {

namespace {

using namespace std::chrono_literals;

/// Twenty pictures a second look smooth and cost nothing; without news ten a minute keep the clocks going.
constexpr auto kFrame = 50ms;
constexpr auto kTick = 100ms;
constexpr size_t kOutputLines = 4;  ///< of a running step

enum class Colour { None, Done, Cached, Failed, Faint };

llvm::StringRef codeOf(Colour colour) {
  switch (colour) {
    case Colour::Done:
      return "\x1b[34m";
    case Colour::Cached:
      return "\x1b[36m";
    case Colour::Failed:
      return "\x1b[31m";
    case Colour::Faint:
      return "\x1b[2m";
    case Colour::None:
      break;
  }
  return "";
}

struct Line {
  std::string left, right;
  Colour colour = Colour::None;
};

/// Columns that text takes; text fit to be shown holds no control characters.
size_t widthOf(llvm::StringRef text) {
  int width = llvm::sys::unicode::columnWidthUTF8(text);
  return width < 0 ? text.size() : size_t(width);
}

std::string cutTo(llvm::StringRef text, size_t columns) {
  if (widthOf(text) <= columns) return text.str();
  while (!text.empty() && widthOf(text) + 3 > columns) {
    text = text.drop_back();
    while (!text.empty() && (text.back() & 0xc0) == 0x80) text = text.drop_back();  // whole characters only
    if (!text.empty() && (text.back() & 0xc0) == 0xc0) text = text.drop_back();
  }
  return text.str() + "...";
}

class TtyView : public BuildView {
public:
  explicit TtyView(llvm::raw_ostream& out)
      : BuildView(out), colours_(!::getenv("NO_COLOR")), began_(ViewClock::now()), drawer_([this] { draw(); }) {}
  ~TtyView() override { stop(); }

private:
  void stepChanged(const StepView&, bool) override { wake(); }
  void lineCame(const StepView&, const std::string&) override { wake(); }
  void progressed(const StepView&) override { wake(); }
  void noticed(const std::string& text) override {
    notices_.push_back(printable(text));
    wake();
  }
  void closed() override { stop(); }

  void wake() {
    news_ = true;
    changed_.notify_one();
  }

  void stop() {
    {
      std::lock_guard lock(mutex_);
      if (ending_) return;
      ending_ = true;
      changed_.notify_one();
    }
    drawer_.join();
    std::lock_guard lock(mutex_);
    if (!steps_.empty() || !notices_.empty()) show(/*final=*/true);
  }

  void draw() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
      changed_.wait_for(lock, kTick, [this] { return ending_ || news_; });
      if (ending_) return;
      news_ = false;
      if (!steps_.empty()) show(/*final=*/false);
      lock.unlock();
      std::this_thread::sleep_for(kFrame);
      lock.lock();
    }
  }

  /// One write: what was drawn before is overwritten line by line, so that nothing flickers.
  void show(bool final) {
    ConsoleSize size = consoleSize(STDERR_FILENO);
    std::vector<Line> lines = picture(final, size);
    std::string text = "\x1b[?25l";
    if (drawn_ > 0) text += "\x1b[" + std::to_string(drawn_) + "A";
    text += "\r";
    for (const Line& line : lines) text += rendered(line, size.columns) + "\x1b[K\n";
    text += "\x1b[J\x1b[?25h";
    out_ << text;
    out_.flush();
    drawn_ = lines.size();
  }

  std::string rendered(const Line& line, size_t columns) const {
    size_t right = line.right.size();
    std::string left = cutTo(line.left, columns > right + 1 ? columns - right - 1 : 0);
    size_t gap = right == 0 ? 0 : std::max<size_t>(1, columns - std::min(columns, widthOf(left) + right));
    std::string text = left + std::string(gap, ' ') + line.right;
    llvm::StringRef code = colours_ ? codeOf(line.colour) : "";
    return code.empty() ? text : code.str() + text + "\x1b[0m";
  }

  std::vector<Line> picture(bool final, const ConsoleSize& size) const {
    auto now = ViewClock::now();
    size_t ended = llvm::count_if(steps_, [](const StepView& step) { return !step.running(); });
    std::vector<Line> lines;
    for (const StepView& step : steps_) addStep(lines, step, now, final);
    for (const std::string& notice : notices_) lines.push_back({" " + notice, "", Colour::None});
    // What does not fit scrolls away above the picture and could never be overwritten: the latest lines stay.
    size_t room = size.rows > 2 ? size.rows - 2 : 1;
    if (!final && lines.size() > room) lines.erase(lines.begin(), lines.end() - ptrdiff_t(room));
    std::string head = "[+] Building " + secondsText(now - began_, 1) + "s (" + std::to_string(ended) + "/" +
                       std::to_string(steps_.size()) + ")";
    lines.insert(lines.begin(), Line{head + (final ? " FINISHED" : ""), "", Colour::None});
    return lines;
  }

  static void addStep(std::vector<Line>& lines, const StepView& step, ViewClock::time_point now, bool final) {
    Line line{" => " + prefixOf(step) + step.name, secondsText(step.elapsed(now), 1) + "s", colourOf(step)};
    if (step.progress.done > 0) line.left += "  " + step.progressText();
    if (step.state == StepState::Done && !step.text.empty()) line.left += "  " + printable(step.text);
    lines.push_back(std::move(line));
    if (final || !step.running()) return;
    size_t skipped = step.output.size() - std::min(step.output.size(), kOutputLines);
    for (auto text = step.output.begin() + ptrdiff_t(skipped); text != step.output.end(); ++text)
      lines.push_back({" => => # " + llvm::StringRef(*text).split(' ').second.str(), "", Colour::Faint});
  }

  static std::string prefixOf(const StepView& step) {
    switch (step.state) {
      case StepState::Cached:
        return "CACHED ";
      case StepState::Failed:
        return "ERROR ";
      case StepState::Cancelled:
        return "CANCELED ";
      case StepState::Skipped:
        return "SKIPPED ";
      default:
        return "";
    }
  }

  static Colour colourOf(const StepView& step) {
    switch (step.state) {
      case StepState::Started:
        return Colour::None;
      case StepState::Cached:
        return Colour::Cached;
      case StepState::Done:
        return Colour::Done;
      case StepState::Failed:
        return Colour::Failed;
      default:
        return Colour::Faint;
    }
  }

  const bool colours_;
  const ViewClock::time_point began_;
  std::vector<std::string> notices_;
  size_t drawn_ = 0;  ///< lines of the last picture
  bool news_ = false, ending_ = false;
  std::condition_variable changed_;
  std::thread drawer_;  ///< last: begins when all above is there
};

}  // namespace

std::unique_ptr<BuildView> makeTtyView(llvm::raw_ostream& out) { return std::make_unique<TtyView>(out); }

}  // namespace strata::cli
