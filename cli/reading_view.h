#pragma once
/// \file What a person sees of layers that are read through and not kept: on a terminal as of those that are pulled;
/// elsewhere nothing, unless it takes long.

#include "cli/transfer_view.h"
#include "support/bytes.h"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace strata::cli {

class ReadingView : public ProgressSink {
public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kPatience = std::chrono::seconds(5);

  /// `terminal` as TransferView has it. Without one: a line each time that `patience` has passed.
  ReadingView(llvm::raw_ostream& out, TransferView::Terminal terminal, Clock::duration patience = kPatience);

  void onStep(const StepNews& news) override;
  void onOutput(const StepOutput&) override {}
  void onProgress(const StepProgress& progress) override;
  void onNotice(const std::string& text) override;

private:
  void say(const std::string& line);

  llvm::raw_ostream& out_;
  std::unique_ptr<TransferView> onTerminal_;  ///< null: there is none
  const Clock::duration patience_;
  std::mutex mutex_;
  std::map<uint32_t, std::string> names_;  ///< of layers under way
  Clock::time_point saidAt_;
};

/// `blob`, which is `total` bytes long, reported to `progress` as step `step` while it is read. `name`: what it is
/// shown as.
std::unique_ptr<ByteSource> watched(std::unique_ptr<ByteSource> blob, std::shared_ptr<ProgressSink> progress,
                                    uint32_t step, std::string name, uint64_t total);

}  // namespace strata::cli
