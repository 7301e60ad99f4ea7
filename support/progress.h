#pragma once
/// \file News of long work, as data. Whoever works reports to a ProgressSink; whoever shows it (cli/) implements one.
/// A step is one line of work: a vertex of a build, a layer of a pull. Steps are numbered by who starts them.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace strata {

enum class StepState {
  Started,    ///< work has begun
  Cached,     ///< the answer was there already
  Done,       ///< worked to the end; `text`, if any, says more of what came of it
  Failed,     ///< `text` is the message
  Cancelled,  ///< was under way when the whole was stopped
  Skipped,    ///< never begun, because of step `because`
};

struct StepNews {
  uint32_t step = 0;
  StepState state = StepState::Started;
  std::string name;  ///< with Started, Cached, Skipped: "[build 2/4] RUN make"
  std::string text;
  std::optional<uint32_t> because;  ///< with Skipped: the failed step
};

struct StepOutput {
  uint32_t step = 0;
  bool isError = false;  ///< standard error
  std::string text;      ///< bytes as they came, any part of a line
};

struct StepProgress {
  uint32_t step = 0;
  uint64_t done = 0;   ///< bytes
  uint64_t total = 0;  ///< bytes; 0: not known
  std::string detail;  ///< "transferring context", "hashing"
};

/// Something that is allowed and seldom meant.
struct StepWarning {
  uint32_t step = 0;    ///< whose work found it
  std::string text;     ///< one line: "StageNameCasing: Stage name 'Base' should be lowercase (line 1)"
  std::string detail;   ///< what the rule asks for
  std::string url;      ///< where the rule is explained
  std::string excerpt;  ///< the place in the file, whole lines
};

/// Any thread may call any of these at any time.
class ProgressSink {
public:
  virtual ~ProgressSink() = default;
  virtual void onStep(const StepNews& news) = 0;
  virtual void onOutput(const StepOutput& output) = 0;
  virtual void onProgress(const StepProgress& progress) = 0;
  /// A message that belongs to no step: a warning, a notice.
  virtual void onNotice(const std::string& text) = 0;
  virtual void onWarning(const StepWarning&) {}
};

/// Drops everything.
class SilentProgress : public ProgressSink {
public:
  void onStep(const StepNews&) override {}
  void onOutput(const StepOutput&) override {}
  void onProgress(const StepProgress&) override {}
  void onNotice(const std::string&) override {}
};

}  // namespace strata
