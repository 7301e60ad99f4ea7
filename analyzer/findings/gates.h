#pragma once
/// \file What becomes of an image at the gates of CI.

#include "analyzer/findings/finding.h"
#include "analyzer/findings/gate_rules.h"
#include "analyzer/image/image_report.h"

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// What the rules are about, beside the image itself.
struct GateFacts {
  std::optional<uint64_t> earlierBytes;  ///< size of the image to compare with; nothing: there is none
  std::string earlierName;
  std::optional<size_t> secrets;  ///< findings of levels error and warning; nothing: contents were not read
};

struct GateResult {
  enum class Status { Pass, Fail, Skip };
  Gate gate = Gate::LowestEfficiency;
  Status status = Status::Skip;
  std::string limit;     ///< as written; empty: disabled
  std::string measured;  ///< "91.2 %", "20.4MB"; empty: unknown
  std::string detail;    ///< why it was skipped; what helps
};
llvm::StringRef nameOf(GateResult::Status status);  ///< "pass", "fail", "skip"

/// One a rule, in their order. A limit that is met passes. A rule whose measure is unknown is skipped and says so.
std::vector<GateResult> evaluateGates(const GateRules& rules, const ImageReport& report, const GateFacts& facts);

bool allPass(llvm::ArrayRef<GateResult> results);  ///< none failed
/// Those that failed.
std::vector<Finding> findingsOf(llvm::ArrayRef<GateResult> results);

}  // namespace strata::analyzer
