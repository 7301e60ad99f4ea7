#include "cli/build_view.h"
#include "cli/console.h"
#include "support/text.h"

namespace strata::cli {

namespace {

/// "#N ..." lines: a header when a step appears, then its output and its end, however steps interleave. One write a
/// piece of news, since standard error is not buffered and other processes may write to it.
class PlainView : public BuildView {
public:
  explicit PlainView(llvm::raw_ostream& out) : BuildView(out) {}

private:
  static std::string lineOf(const StepView& step, const llvm::Twine& text) {
    return ("#" + llvm::Twine(step.number) + " " + text + "\n").str();
  }

  /// Nothing for a step that has only begun.
  static std::string endOf(const StepView& step) {
    switch (step.state) {
      case StepState::Started:
        return "";
      case StepState::Cached:
        return lineOf(step, "CACHED");
      case StepState::Done:
        return lineOf(step, "DONE " + secondsText(step.ended - step.started, 1) + "s" +
                                (step.text.empty() ? "" : ", " + printable(step.text)));
      case StepState::Failed:
        return lineOf(step, "ERROR: " + printable(step.text));
      case StepState::Cancelled:
        return lineOf(step, "CANCELED");
      case StepState::Skipped:
        break;
    }
    if (step.because == 0) return lineOf(step, "SKIPPED");
    return lineOf(step, "SKIPPED because #" + llvm::Twine(step.because) + " failed");
  }

  void stepChanged(const StepView& step, bool isNew) override {
    std::string text;
    if (isNew) text = (step.number == 1 ? "" : "\n") + lineOf(step, step.name);
    out_ << text + endOf(step);
  }

  void lineCame(const StepView& step, const std::string& text) override { out_ << lineOf(step, text); }

  void progressed(const StepView& step) override {
    if (step.progress.done != step.progress.total) return;  // lines cannot be taken back: the result alone
    out_ << lineOf(step, step.progressText());
  }

  void warned(const StepView& step, const StepWarning& warning) override {
    out_ << lineOf(step, "WARN: " + shownLine(warning.text));
  }

  void noticed(const std::string& text) override { out_ << printable(text) + "\n"; }
};

}  // namespace

std::unique_ptr<BuildView> makePlainView(llvm::raw_ostream& out) { return std::make_unique<PlainView>(out); }

}  // namespace strata::cli
