#include "analyzer/report/image_text.h"

#include "analyzer/image/instruction_text.h"
#include "analyzer/image/waste_hint.h"
#include "analyzer/report/text_layout.h"
#include "support/duration_text.h"
#include "support/text.h"

#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;

constexpr size_t kShownWaste = 12, kShownFiles = 3;

llvm::StringRef outcomeText(const LayerReport& layer) {
  if (!layer.outcome) return "";
  return *layer.outcome == BuildStep::Outcome::Hit ? "hit" : "miss";
}

std::string compressedText(std::optional<uint64_t> bytes) { return bytes ? humanSize(*bytes) : ""; }

/// How the table of layers is made to fit.
struct Layout {
  bool diffIds = true, reasons = true;  ///< whether they have a column
  size_t instruction = 0, reason = 0;   ///< most characters; 0: any number
};
/// Tried in this order.
constexpr Layout kLayouts[] = {{true, true, 76, 0},   {true, true, 60, 60},  {true, true, 40, 40},
                               {false, true, 40, 40}, {false, true, 30, 30}, {false, false, 60, 0},
                               {false, false, 40, 0}, {false, false, 24, 0}, {false, false, 14, 0}};

std::string reasonOf(const LayerReport& layer, const ImageReport& report) {
  return layer.reason && report.build ? summaryOf(*layer.reason, *report.build) : "";
}

std::string instructionOf(const LayerReport& layer, size_t most) {
  std::string line = layer.line ? " (line " + std::to_string(*layer.line) + ")" : "";
  std::string text = layer.instruction.empty() ? "<unknown>" : onOneLine(layer.instruction);
  return shortened(text, most > line.size() + 4 ? most - line.size() : 4) + line;
}

std::vector<std::string> rowOf(const LayerReport& layer, const ImageReport& report, const Layout& layout) {
  bool missed = layer.outcome && *layer.outcome != BuildStep::Outcome::Hit;
  const LayerCounts& counts = layer.counts;
  return {std::to_string(layer.position + 1),
          layout.diffIds ? layer.diffId.shortHex() : "",
          humanSize(layer.tarBytes),
          compressedText(layer.compressedBytes),
          std::to_string(counts.files),
          llvm::formatv("+{0} ~{1} -{2}", counts.added, counts.modified + counts.metadata, counts.removed),
          missed ? durationText(layer.nanoseconds) : "",
          outcomeText(layer).str(),
          instructionOf(layer, layout.instruction),
          layout.reasons ? shortened(reasonOf(layer, report), layout.reason) : ""};
}

using Rows = std::vector<std::vector<std::string>>;

Rows rowsOf(const ImageReport& report, const Layout& layout) {
  Rows rows{{"LAYER", "DIFF ID", "SIZE", "COMPRESSED", "FILES", "CHANGES", "TIME", "CACHE", "INSTRUCTION", "REASON"}};
  for (const LayerReport& layer : report.layers) rows.push_back(rowOf(layer, report, layout));
  return rows;
}

/// Without the columns in which nothing stands.
void dropEmptyColumns(Rows& rows) {
  for (size_t column = rows[0].size(); rows.size() > 1 && column-- > 0;) {
    if (llvm::any_of(llvm::drop_begin(rows), [&](const auto& row) { return !row[column].empty(); })) continue;
    for (auto& row : rows) row.erase(row.begin() + long(column));
  }
}

size_t widestLine(llvm::StringRef text) {
  size_t widest = 0;
  for (llvm::StringRef rest = text; !rest.empty();) {
    auto [line, next] = rest.split('\n');
    widest = std::max(widest, line.size());
    rest = next;
  }
  return widest;
}

/// Below the table, where they found no room in it.
std::string reasonsText(const ImageReport& report, size_t columns) {
  std::string text;
  for (const LayerReport& layer : report.layers)
    if (std::string reason = reasonOf(layer, report); !reason.empty())
      text += wrapped("layer " + std::to_string(layer.position + 1) + ": " + reason, 2, columns);
  return text.empty() ? text : "\nReasons\n" + text;
}

std::string layersTable(const ImageReport& report, size_t columns) {
  std::string text;
  for (const Layout& layout : kLayouts) {
    Rows rows = rowsOf(report, layout);
    dropEmptyColumns(rows);
    text = table(rows);
    if (columns != 0 && widestLine(text) > columns && &layout != std::end(kLayouts) - 1) continue;
    return layout.reasons ? text : text + reasonsText(report, columns);
  }
  return text;
}

/// What the last build did, in one line.
std::string buildLine(const Build& build) {
  int64_t lost = 0, saved = 0;
  size_t hits = 0, misses = 0;
  for (const BuildStep& step : build.steps) {
    bool hit = step.outcome == BuildStep::Outcome::Hit;
    (hit ? saved : lost) += hit ? step.recordedDuration : step.duration;
    ++(hit ? hits : misses);
  }
  return llvm::formatv("Last build {0}: {1} steps from the cache ({2} saved), {3} executed ({4} lost)\n", build.id,
                       hits, durationText(saved), misses, durationText(lost));
}

std::string sums(const ImageReport& report) {
  Rows rows{{"Files", llvm::formatv("{0} in {1}, as a container sees them", humanSize(report.visibleBytes),
                                    report.visibleFiles)},
            {"Efficiency", llvm::formatv("{0:f1} %", report.efficiency.score * 100)},
            {"Waste", llvm::formatv("{0} in {1} files", humanSize(report.waste.bytes), report.waste.files)}};
  if (report.sharedBytes > 0) rows.push_back({"Shared", humanSize(report.sharedBytes) + " with other local images"});
  return table(rows);
}

/// "3 files of layer 2, COPY . /app (line 3), by layer 4, RUN rm -r /app/x (line 5)"
std::string placeOf(const WasteFinding& finding, const ImageReport& report) {
  const LayerReport& layer = report.layers[finding.layer];
  std::string text = std::to_string(finding.files) + (finding.files == 1 ? " file of " : " files of ") + whereIs(layer);
  if (!finding.other) return text;
  const LayerReport& other = report.layers[*finding.other];
  switch (finding.cause) {
    case WasteCause::DeletedLater:
    case WasteCause::OverwrittenLater:
      return text + ", by " + whereIs(other);
    case WasteCause::MetadataOnly:
      return text + "; the content is that of " + whereIs(other);
    default:
      return finding.other == finding.layer ? text : text + "; first in " + whereIs(other);
  }
}

std::string pathsOf(const WasteFinding& finding) {
  std::string text;
  size_t shown = std::min(finding.paths.size(), kShownFiles);
  for (const WastedPath& wasted : llvm::ArrayRef(finding.paths).take_front(shown))
    text += (text.empty() ? "" : ", ") + printable("/" + wasted.path) + " (" + humanSize(wasted.bytes) + ")";
  if (finding.files > shown) text += " and " + std::to_string(finding.files - shown) + " more";
  return text;
}

std::string wasteParagraph(const WasteFinding& finding, const ImageReport& report, size_t columns) {
  std::string title = titleOf(finding.cause).str();
  if (!finding.what.empty() && finding.what != title) title += ", " + finding.what;
  std::string text = wrapped(title + ": " + placeOf(finding, report), kHang, columns);
  std::string size = humanSize(finding.bytes);
  text.replace(2, size.size(), size);
  text += wrapped(pathsOf(finding), kHang, columns);
  if (!finding.hint.empty()) text += wrapped("-> " + finding.hint, kHang, columns);
  return text;
}

std::string wasteText(const ImageReport& report, size_t columns) {
  const auto& findings = report.waste.findings;
  if (findings.empty()) return "";
  std::string text = "\nWaste\n";
  size_t shown = std::min(findings.size(), kShownWaste);
  uint64_t rest = 0;
  for (const WasteFinding& finding : llvm::ArrayRef(findings).take_front(shown))
    text += wasteParagraph(finding, report, columns);
  for (const WasteFinding& finding : llvm::ArrayRef(findings).drop_front(shown)) rest += finding.bytes;
  if (shown < findings.size())
    text += llvm::formatv("  and {0} more, {1} in all: see --json\n", findings.size() - shown, humanSize(rest));
  return text;
}

std::string largestText(const ImageReport& report, size_t columns) {
  if (report.largest.empty()) return "";
  Rows rows{{"SIZE", "LAYER", "LARGEST FILES"}};
  for (const LargeFile& file : report.largest)
    rows.push_back({humanSize(file.bytes), std::to_string(file.layer + 1),
                    shortened("/" + file.path, columns == 0 ? 0 : columns - 20)});
  return "\n" + table(rows);
}

}  // namespace

std::string printImageReport(const ImageReport& report, unsigned columns) {
  size_t width = columns == 0 ? 0 : std::max<size_t>(columns, kNarrowestPage);
  std::string size = humanSize(report.tarBytes);
  if (report.compressedBytes) size += ", " + humanSize(*report.compressedBytes) + " compressed";
  std::string text = llvm::formatv("Image {0} ({1}, {2} layers)\n", report.id.str(), size, report.layers.size());
  if (report.build) text += buildLine(*report.build);
  return text + "\n" + layersTable(report, width) + "\n" + sums(report) + wasteText(report, width) +
         largestText(report, width);
}

}  // namespace strata::analyzer
