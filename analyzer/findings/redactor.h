#pragma once
/// \file Takes secrets out of what is shown: instructions, arguments, reasons for a rebuild.

#include "analyzer/image/image_report.h"
#include "analyzer/secrets/hidden_values.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <string>
#include <vector>

namespace strata::analyzer {

/// Knows the secrets of one image's configuration or of one build, and those that have a shape without being told.
class Redactor : public HiddenValues {
public:
  using HiddenValues::apply, HiddenValues::learn;
  Redactor() = default;
  explicit Redactor(const layerfs::ImageConfig& config);
  explicit Redactor(const ExplainedBuild& explained);

  /// The secrets of before that causes tell of.
  void learn(llvm::ArrayRef<Cause> causes);

  /// Everything in the report that comes out of instructions, arguments and environment. Instructions must have gone
  /// through AnalysisOptions::shown already: of those that hints cut short it would not know a secret again.
  void apply(ImageReport& report) const;
  /// The values that an argument had before, too: who names it tells that they are secret.
  void apply(StepReason& reason) const;
  void apply(std::vector<Cause>& causes) const;
};

}  // namespace strata::analyzer
