#pragma once
/// \file Takes secrets out of what is shown: instructions, arguments, reasons for a rebuild.

#include "analyzer/image/image_report.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <string>
#include <vector>

namespace strata::analyzer {

/// Knows the secrets of one image's configuration, and those that have a shape without being told.
class Redactor {
public:
  Redactor() = default;
  explicit Redactor(const layerfs::ImageConfig& config);
  explicit Redactor(const ExplainedBuild& explained);

  /// A value to hide wherever it stands; a short one where its name stands before it.
  void add(llvm::StringRef name, llvm::StringRef value);
  /// The arguments and variables that their names call secret: of a build, and those of before that causes tell of.
  void learn(const builder::Build& build);
  void learn(llvm::ArrayRef<Cause> causes);

  /// "ENV TOKEN=***"
  std::string apply(llvm::StringRef text) const;
  /// A value that is kept apart from its name.
  std::string applyToValue(llvm::StringRef name, llvm::StringRef value) const;
  /// Everything in the report that comes out of instructions, arguments and environment. Instructions must have gone
  /// through AnalysisOptions::shown already: of those that hints cut short it would not know a secret again.
  void apply(ImageReport& report) const;
  /// The values that an argument had before, too: who names it tells that they are secret.
  void apply(StepReason& reason) const;
  void apply(std::vector<Cause>& causes) const;
  void apply(builder::Build& build) const;

private:
  struct Known {
    std::string name, value;
  };
  std::vector<Known> known_;
};

}  // namespace strata::analyzer
