#include "analyzer/report/image_text.h"

#include "analyzer/image/waste_hint.h"
#include "analyzer/report/text_layout.h"
#include "support/text.h"

#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;

constexpr size_t kShownInstruction = 60;  ///< characters, where lines may have any length
constexpr size_t kNarrowest = 60;
constexpr size_t kShownFindings = 12, kShownFiles = 3;
constexpr size_t kHang = 12;  ///< blanks before what belongs to a size

llvm::StringRef outcomeText(const LayerReport& layer) {
  if (!layer.outcome) return "";
  return *layer.outcome == BuildStep::Outcome::Hit ? "hit" : "miss";
}

std::string compressedText(std::optional<uint64_t> bytes) { return bytes ? humanSize(*bytes) : ""; }

/// The longest that the two columns of free text may be.
struct Limits {
  size_t instruction = kShownInstruction, reason = 0;
};

std::vector<std::string> rowOf(const LayerReport& layer, const ImageReport& report, const Limits& limits) {
  std::string line = layer.line ? " (line " + std::to_string(*layer.line) + ")" : "";
  llvm::StringRef text = layer.instruction.empty() ? llvm::StringRef("<unknown>") : llvm::StringRef(layer.instruction);
  bool missed = layer.outcome && *layer.outcome != BuildStep::Outcome::Hit;
  const LayerCounts& counts = layer.counts;
  std::string reason = layer.reason && report.build ? summaryOf(*layer.reason, *report.build) : "";
  return {std::to_string(layer.position + 1),
          layer.diffId.shortHex(),
          humanSize(layer.tarBytes),
          compressedText(layer.compressedBytes),
          std::to_string(counts.files),
          llvm::formatv("+{0} ~{1} -{2}", counts.added, counts.modified + counts.metadata, counts.removed),
          missed ? humanDuration(std::chrono::nanoseconds(layer.nanoseconds)) : "",
          outcomeText(layer).str(),
          shortened(text, limits.instruction > line.size() + 4 ? limits.instruction - line.size() : 4) + line,
          limits.reason == 0 ? reason : shortened(reason, limits.reason)};
}

using Rows = std::vector<std::vector<std::string>>;

Rows rowsOf(const ImageReport& report, const Limits& limits) {
  Rows rows{{"LAYER", "DIFF ID", "SIZE", "COMPRESSED", "FILES", "CHANGES", "TIME", "CACHE", "INSTRUCTION", "REASON"}};
  for (const LayerReport& layer : report.layers) rows.push_back(rowOf(layer, report, limits));
  return rows;
}

/// Without the columns of which nothing is known.
void dropEmptyColumns(Rows& rows) {
  for (size_t column = rows[0].size(); column-- > 0;) {
    bool used = false;
    for (size_t row = 1; row < rows.size(); ++row) used |= !rows[row][column].empty();
    if (!used && rows.size() > 1)
      for (auto& row : rows) row.erase(row.begin() + long(column));
  }
}

size_t widthOf(llvm::StringRef text) {
  size_t widest = 0;
  for (llvm::StringRef rest = text; !rest.empty();) {
    auto [line, next] = rest.split('\n');
    widest = std::max(widest, line.size());
    rest = next;
  }
  return widest;
}

std::string layersTable(const ImageReport& report, size_t columns) {
  Limits limits{.instruction = kShownInstruction + 16, .reason = 0};
  for (;;) {
    Rows rows = rowsOf(report, limits);
    dropEmptyColumns(rows);
    std::string text = table(rows);
    size_t width = widthOf(text);
    if (columns == 0 || width <= columns || limits.instruction <= 20) return text;
    // Take from reasons down to half of what instructions have, then from both.
    size_t excess = width - columns, reason = limits.reason == 0 ? size_t(80) : limits.reason;
    if (reason > limits.instruction / 2 && reason > 16)
      limits.reason = std::max<size_t>({16, limits.instruction / 2, reason - std::min(reason, excess)});
    else
      limits.instruction -= std::min<size_t>(limits.instruction - 20, excess);
  }
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
                       hits, humanDuration(std::chrono::nanoseconds(saved)), misses,
                       humanDuration(std::chrono::nanoseconds(lost)));
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

std::string paragraphOf(const WasteFinding& finding, const ImageReport& report, size_t columns) {
  std::string title = titleOf(finding.cause).str() + (finding.what.empty() ? "" : ", " + finding.what);
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
  size_t shown = std::min(findings.size(), kShownFindings);
  uint64_t rest = 0;
  for (const WasteFinding& finding : llvm::ArrayRef(findings).take_front(shown))
    text += paragraphOf(finding, report, columns);
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
  size_t width = columns == 0 ? 0 : std::max<size_t>(columns, kNarrowest);
  std::string size = humanSize(report.tarBytes);
  if (report.compressedBytes) size += ", " + humanSize(*report.compressedBytes) + " compressed";
  std::string text = llvm::formatv("Image {0} ({1}, {2} layers)\n", report.id.str(), size, report.layers.size());
  if (report.build) text += buildLine(*report.build);
  return text + "\n" + layersTable(report, width) + "\n" + sums(report) + wasteText(report, width) +
         largestText(report, width);
}

}  // namespace strata::analyzer
