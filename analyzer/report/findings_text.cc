#include "analyzer/report/findings_text.h"

#include "analyzer/report/text_layout.h"
#include "support/text.h"

namespace strata::analyzer {

namespace {
constexpr size_t kShownFindings = 50;

std::string findingParagraph(const Finding& finding, size_t columns) {
  llvm::StringRef level = nameOf(finding.level);
  std::string place = placeText(finding.where);
  std::string text = wrapped(printable(finding.title) + (place.empty() ? "" : ": " + place), kHang, columns);
  text.replace(2, level.size(), level.str());
  return finding.detail.empty() ? text : text + wrapped(printable(finding.detail), kHang, columns);
}
}  // namespace

std::string printFindings(llvm::ArrayRef<Finding> findings, unsigned columns) {
  std::string text;
  size_t shown = 0, notes = countOf(findings, FindingLevel::Note), hidden = 0;
  for (const Finding& finding : findings) {
    if (finding.level == FindingLevel::Note) continue;
    if (shown++ < kShownFindings)
      text += findingParagraph(finding, columns);
    else
      ++hidden;
  }
  if (hidden > 0) text += "  and " + std::to_string(hidden) + " more: see --json\n";
  if (notes > 0)
    text += "  " + std::to_string(notes) + (notes == 1 ? " note" : " notes") + " of what hardly matters: see --json\n";
  return text;
}

}  // namespace strata::analyzer
