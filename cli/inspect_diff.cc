#include "cli/inspect_diff.h"

#include "analyzer/diff/image_diff.h"
#include "analyzer/report/diff_json.h"
#include "analyzer/report/diff_markdown.h"
#include "analyzer/report/diff_text.h"
#include "cli/flag_fault.h"
#include "support/text.h"

namespace strata::cli {

llvm::Expected<int> inspectDiff(const DiffRequest& request, Session& session) {
  llvm::StringRef format = request.format.empty() ? llvm::StringRef("table") : llvm::StringRef(request.format);
  if (format != "table" && format != "json" && format != "markdown")
    return unfitFlag("unknown format '" + printable(format) + "'; with --diff use table, json or markdown");
  auto before = openImageSource(session, request.before, request.image);
  if (!before) return before.takeError();
  auto after = openImageSource(session, request.after, request.image);
  if (!after) return after.takeError();
  auto diff = analyzer::diffImages(**before, **after);
  if (!diff) return diff.takeError();
  diff->before.name = request.before;
  diff->after.name = request.after;
  if (format == "json")
    analyzer::writeImageDiffJson(*diff, session.out());
  else if (format == "markdown")
    session.out() << analyzer::printImageDiffMarkdown(*diff, request.files);
  else
    session.out() << analyzer::printImageDiff(*diff, {.columns = request.columns, .files = request.files});
  return 0;
}

}  // namespace strata::cli
