#pragma once
/// \file What a person sees of a build while it runs. Every form keeps the last output of each step, so that a failure
/// can show it.

#include "support/progress.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/raw_ostream.h>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace strata::cli {

using ViewClock = std::chrono::steady_clock;

/// One step as far as it has been heard of.
struct StepView {
  uint32_t number = 0;  ///< from 1, in the order of appearance
  std::string name;     ///< fit to be shown
  StepState state = StepState::Started;
  std::string text;      ///< of a failed step: its message; of one that is done: what is to be said of its result
  uint32_t because = 0;  ///< of a skipped one: number of the failed step
  ViewClock::time_point started, ended;
  std::string partial;             ///< output since the last line end
  std::deque<std::string> output;  ///< the last lines, fit to be shown, with their time
  StepProgress progress;
  ViewClock::time_point moved;  ///< when the progress came

  /// "pulling 12.3MB / 30MB 41MB/s"; no rate of what came at once. Fit to be shown.
  std::string progressText() const;
  bool running() const { return state == StepState::Started; }
  std::chrono::nanoseconds elapsed(ViewClock::time_point now) const { return (running() ? now : ended) - started; }
};

/// Keeps the steps and hands what is new to its heirs, one call at a time.
class BuildView : public ProgressSink {
public:
  void onStep(const StepNews& news) final;
  void onOutput(const StepOutput& output) final;
  void onProgress(const StepProgress& progress) final;
  void onNotice(const std::string& text) final;
  void onWarning(const StepWarning& warning) final;

  /// Each warning is shown at the end with its rule, its place and where to read on.
  void expandWarnings() { expandsWarnings_ = true; }

  /// Ends the display; nothing may be reported afterwards. Prints the last output of failed steps.
  void close();

protected:
  explicit BuildView(llvm::raw_ostream& out) : out_(out) {}
  virtual void stepChanged(const StepView& step, bool isNew) = 0;
  virtual void lineCame(const StepView& step, const std::string& line) = 0;
  virtual void progressed(const StepView& step) = 0;
  virtual void noticed(const std::string& text) = 0;
  /// The bytes as they came, before they are lines.
  virtual void outputCame(const StepView&, const StepOutput&) {}
  virtual void warned(const StepView&, const StepWarning&) {}
  virtual void closed() {}
  /// Whether failed steps' last output is shown at the end.
  virtual bool showsFailures() const { return true; }
  virtual bool showsWarnings() const { return true; }

  llvm::raw_ostream& out_;
  std::mutex mutex_;            ///< held around every hook
  std::deque<StepView> steps_;  ///< by number - 1

private:
  StepView& stepOf(uint32_t id, bool& isNew);
  void takeLine(StepView& step, llvm::StringRef line);
  void printFailures();
  void printWarnings();
  std::map<uint32_t, uint32_t> numbers_;
  std::vector<StepWarning> warnings_;
  bool expandsWarnings_ = false;
};

/// docker's `--progress=plain`: lines that begin with the step's number.
std::unique_ptr<BuildView> makePlainView(llvm::raw_ostream& out);
/// A tree that is redrawn in place, by a thread of its own, on the terminal behind standard error.
std::unique_ptr<BuildView> makeTtyView(llvm::raw_ostream& out);
/// Nothing but the output of failed steps.
std::unique_ptr<BuildView> makeQuietView(llvm::raw_ostream& out);

/// A JSON object a line, in the shape of BuildKit's status stream.
std::unique_ptr<BuildView> makeRawJsonView(llvm::raw_ostream& out);

/// `--progress`: auto, plain, tty, rawjson, quiet or none. Faults: Invalid.
llvm::Expected<std::unique_ptr<BuildView>> makeBuildView(llvm::StringRef progress, bool quiet, llvm::raw_ostream& out);

/// "0.412": seconds as docker's output lines show them.
std::string secondsText(std::chrono::nanoseconds time, unsigned digits);

}  // namespace strata::cli
