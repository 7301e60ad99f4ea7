#pragma once
/// \file What the build checks say of a text: read, checked and planned for all its stages.

#include "builder/lint/check_file.h"
#include "builder/plan/make_plan.h"
#include "tests/support/testing.h"

namespace strata::builder {

struct Linted {
  PlanOptions options;
  layerfs::ImageConfig base;  ///< of every image
  LintConfig config;

  Linted() {
    base.platform = layerfs::hostPlatform();
    options.allStages = true;
  }

  /// "RuleName 3", or with messages "RuleName: message (line 3)", in the order of finding. Errors do not matter.
  std::vector<std::string> operator()(llvm::StringRef text, bool messages = false) {
    LintReport report(config);
    options.lint = &report;
    PartialDockerfile read = readAsFarAsPossible(std::make_shared<SourceText>("Dockerfile", text.str()));
    checkFile(read.file, report);
    bool whole = !read.error;
    llvm::consumeError(std::move(read.error));
    if (whole) {
      auto plan = makePlan(read.file, options,
                           [&](llvm::StringRef written, const layerfs::Platform&) -> llvm::Expected<ResolvedImage> {
                             return ResolvedImage{.id = digestOf(written), .canonical = written.str(), .config = base};
                           });
      if (!plan) llvm::consumeError(plan.takeError());
    }
    std::vector<std::string> found;
    for (const LintWarning& warning : report.warnings())
      found.push_back(messages ? warning.text()
                               : infoOf(warning.rule).name.str() + " " + std::to_string(warning.range.firstLine()));
    return found;
  }
};

}  // namespace strata::builder
