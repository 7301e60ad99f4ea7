#pragma once
/// \file What a person sees of layers on their way to or from a registry: a line for each that has come, and on a
/// terminal below them, redrawn in place, one for each that is under way, with bytes and rate, as far as there is room.

#include "cli/console.h"
#include "support/progress.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/raw_ostream.h>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace strata::cli {

/// Steps are layers: the last word of a step's name is what it is shown as.
class TransferView : public ProgressSink {
public:
  /// What is said of a layer under way, and of one that has come: "Downloading", "Pull complete".
  struct Words {
    llvm::StringRef underWay, done;
  };
  /// `terminal`: the size that the terminal has now, which `out` is; null: it is none, and nothing is redrawn.
  using Terminal = std::function<ConsoleSize()>;
  TransferView(llvm::raw_ostream& out, Words words, Terminal terminal)
      : out_(out), words_(words), terminal_(std::move(terminal)) {}
  /// Null where there is no terminal behind `fd`.
  static Terminal terminalAt(int fd);

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
    uint64_t done = 0, total = 0;
    Clock::time_point began;
  };
  void draw(llvm::StringRef lasting = {});
  std::string underWay(const ConsoleSize& size);
  static std::string amountOf(const Line& line);

  llvm::raw_ostream& out_;
  Words words_;
  Terminal terminal_;
  std::mutex mutex_;
  std::map<uint32_t, Line> lines_;  ///< under way
  size_t drawn_ = 0;                ///< lines of them on the terminal
  Clock::time_point drawnAt_;
};

}  // namespace strata::cli
