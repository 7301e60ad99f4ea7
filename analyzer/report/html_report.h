#pragma once
/// \file One self-contained HTML file: map of the files, layers, waste, the build's timeline with its critical path,
/// how every step fared in the last builds; or a benchmark. The page and the charting library are in
/// analyzer/report/html and joined when the program is built (cmake/JoinPage.cmake); what is told here are the data
/// that they draw, as JSON.

#include "analyzer/causes/invalidation.h"
#include "analyzer/findings/finding.h"
#include "analyzer/findings/redactor.h"
#include "analyzer/image/image_report.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/JSON.h>

#include <string>

namespace strata::analyzer {

/// What the page can show; a part that is missing is left out of it. Borrows.
struct HtmlContents {
  std::string title;
  const ImageReport* image = nullptr;
  const ImageTree* tree = nullptr;
  llvm::ArrayRef<ExplainedBuild>
      builds;                        ///< of one project, newest first: the first is drawn, all are in the cache map
  llvm::ArrayRef<Finding> findings;  ///< heaviest first
  const llvm::json::Value* bench = nullptr;  ///< docs/json.md, "Benchmarks"
};

/// The data of the page; every member's shape is said where it is drawn (analyzer/report/html/*.js). What the builds
/// say goes through the redactor, the image's report has done so.
llvm::json::Value htmlData(const HtmlContents& contents, const Redactor& redactor);
std::string printHtml(const HtmlContents& contents, const Redactor& redactor);

}  // namespace strata::analyzer
