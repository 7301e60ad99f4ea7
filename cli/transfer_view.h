#pragma once
/// \file What a person sees of layers on their way to or from a registry: a line a layer, redrawn in place on a
/// terminal with bytes and rate, else once it has come.

#include "support/progress.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/raw_ostream.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace strata::cli {

/// Steps are layers: the last word of a step's name is what it is shown as.
class TransferView : public ProgressSink {
public:
  /// What is said of a layer under way, and of one that has come: "Downloading", "Pull complete".
  struct Words {
    llvm::StringRef underWay, done;
  };
  /// `live`: redraw lines; `out` is a terminal then.
  TransferView(llvm::raw_ostream& out, Words words, bool live) : out_(out), words_(words), live_(live) {}

  void onStep(const StepNews& news) override;
  void onOutput(const StepOutput&) override {}
  void onProgress(const StepProgress& progress) override;
  void onNotice(const std::string& text) override;
  /// A layer of which there is nothing to be awaited.
  void settled(llvm::StringRef id, llvm::StringRef text);

private:
  using Clock = std::chrono::steady_clock;
  struct Line {
    std::string id;
    size_t place = 0;  ///< from the top
    uint64_t done = 0, total = 0;
    Clock::time_point began, drawn;
  };
  void draw(const Line& line, llvm::StringRef text);
  std::string amountOf(const Line& line) const;

  llvm::raw_ostream& out_;
  Words words_;
  bool live_;
  std::mutex mutex_;
  std::map<uint32_t, Line> lines_;
  size_t drawn_ = 0;  ///< lines on the terminal that may be drawn again
};

}  // namespace strata::cli
