#include "analyzer/browser/browser.h"

#include "analyzer/image/instruction_text.h"
#include "analyzer/image/waste_hint.h"
#include "analyzer/report/text_layout.h"
#include "support/duration_text.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

#include <algorithm>

namespace strata::analyzer {

namespace {
constexpr size_t kNarrowest = 30;  ///< of the left side

void addWrapped(std::vector<ScreenLine>& lines, llvm::StringRef text, size_t columns, Style style = Style::Plain) {
  std::string all = wrapped(printable(text), 0, columns);
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(all).split(parts, '\n', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) lines.push_back(ScreenLine(columns).add(part, style));
}

ScreenLine title(llvm::StringRef text, size_t columns, bool focused) {
  ScreenLine line(columns);
  line.add(focused ? "> " : "  ", Style::Title).add(text, Style::Title);
  return line;
}
}  // namespace

Browser::Browser(const Analysis& analysis) : report_(analysis.report), tree_(analysis.tree), files_(analysis.tree) {
  showFiles();
}

void Browser::showFiles() {
  if (report_.layers.empty()) return;
  std::optional<uint32_t> earlier;
  if (layer_ > 0) earlier = against_ == Against::Below ? uint32_t(layer_ - 1) : 0;
  files_.show(stateOf(tree_, uint32_t(layer_), earlier));
}

void Browser::choose(size_t layer) {
  layer_ = std::min(layer, report_.layers.empty() ? 0 : report_.layers.size() - 1);
  showFiles();
}

// Keys

bool Browser::press(const Key& key) {
  using Kind = Key::Kind;
  auto is = [&](Kind kind, llvm::StringRef text) { return key.kind == kind && key.text == text; };
  if (is(Kind::Control, "c")) return false;
  if (filtering_) {
    pressInFilter(key);
    return true;
  }
  if (is(Kind::Text, "q")) return false;
  if (is(Kind::Text, "?"))
    help_ = !help_;
  else if (is(Kind::Text, "w"))
    waste_ = !waste_;
  else if (key.kind == Kind::Tab)
    pane_ = pane_ == Pane::Layers ? Pane::Files : Pane::Layers;
  else if (is(Kind::Control, "f") || is(Kind::Text, "/"))
    filtering_ = true;
  else if (key.kind == Kind::Escape)
    files_.setFilter("");
  else if (pane_ == Pane::Layers)
    pressInLayers(key);
  else
    files_.press(key, fileRows_);
  return true;
}

bool Browser::pressInLayers(const Key& key) {
  using Kind = Key::Kind;
  auto is = [&](Kind kind, llvm::StringRef text) { return key.kind == kind && key.text == text; };
  if (key.kind == Kind::Down || is(Kind::Text, "j"))
    choose(layer_ + 1);
  else if (key.kind == Kind::Up || is(Kind::Text, "k"))
    choose(layer_ - std::min<size_t>(layer_, 1));
  else if (key.kind == Kind::Home || is(Kind::Text, "g"))
    choose(0);
  else if (key.kind == Kind::End || is(Kind::Text, "G"))
    choose(SIZE_MAX);
  else if (is(Kind::Control, "a") || is(Kind::Control, "l")) {
    against_ = key.text == "a" ? Against::Lowest : Against::Below;
    showFiles();
  } else
    return files_.press(key, fileRows_);
  return true;
}

void Browser::pressInFilter(const Key& key) {
  std::string filter = files_.filter();
  if (key.kind == Key::Kind::Text) {
    files_.setFilter(filter + key.text);
  } else if (key.kind == Key::Kind::Backspace) {
    while (!filter.empty() && (filter.back() & 0xc0) == 0x80) filter.pop_back();
    if (!filter.empty()) filter.pop_back();
    files_.setFilter(filter);
  } else if (key.kind == Key::Kind::Escape) {
    filtering_ = false;
    files_.setFilter("");
  } else if (key.kind == Key::Kind::Control && key.text == "f") {
    filtering_ = false;
  } else {
    filtering_ = false;
    pane_ = Pane::Files;
    bool isEnter = key.kind == Key::Kind::Enter || (key.kind == Key::Kind::Control && key.text == "m");
    if (!isEnter) files_.press(key, fileRows_);
  }
}

// Screens

Screen Browser::draw(size_t columns, size_t rows) {
  size_t left = std::clamp(columns * 2 / 5, std::min(kNarrowest, columns), size_t(70));
  size_t right = columns > left + 3 ? columns - left - 3 : 0;
  fileRows_ = rows > 4 ? rows - 3 : 1;
  std::vector<ScreenLine> leftSide = leftLines(left, fileRows_ + 1);
  std::vector<ScreenLine> rightSide{title("Files  (" + files_.legend() + ")", right, pane_ == Pane::Files)};
  llvm::append_range(rightSide, help_ ? helpLines(right) : files_.draw(right, fileRows_, pane_ == Pane::Files));
  Screen screen;
  screen.lines.push_back(headline(columns));
  for (size_t row = 0; row + 2 < rows; ++row) {
    ScreenLine line(columns);
    if (row < leftSide.size())
      for (const Piece& piece : leftSide[row].pieces) line.add(piece.text, piece.style);
    line.fillTo(left).add(" | ", Style::Quiet);
    if (row < rightSide.size())
      for (const Piece& piece : rightSide[row].pieces) line.add(piece.text, piece.style);
    screen.lines.push_back(std::move(line));
  }
  screen.lines.push_back(statusLine(columns));
  return screen;
}

ScreenLine Browser::headline(size_t columns) const {
  std::string name = report_.names.empty() ? report_.id.str() : report_.names.front();
  std::string facts = llvm::formatv("  {0}, efficiency {1:F1} %, wasted {2}", humanSize(report_.tarBytes),
                                    100 * report_.efficiency.score, humanSize(report_.waste.bytes));
  ScreenLine line(columns);
  line.add(printable(name), Style::Title).add(facts, report_.efficiency.score < 0.9 ? Style::Bad : Style::Plain);
  return line;
}

ScreenLine Browser::statusLine(size_t columns) const {
  ScreenLine line(columns);
  if (filtering_) return line.add("filter: " + printable(files_.filter()) + "_", Style::Title);
  return line.add(
      "q leave  Tab other side  ^F filter  Space fold  ^A ^R ^M ^U hide added, removed, modified, unmodified"
      "  ^O sort  w waste  ? help",
      Style::Quiet);
}

std::vector<ScreenLine> Browser::leftLines(size_t columns, size_t rows) const {
  std::vector<ScreenLine> details = waste_ ? wasteLines(columns) : detailLines(columns);
  size_t forDetails = std::min(details.size() + 1, rows / 2);
  std::vector<ScreenLine> lines{title("Layers", columns, pane_ == Pane::Layers)};
  llvm::append_range(lines, layerLines(columns, rows > forDetails + 2 ? rows - forDetails - 2 : 1));
  lines.push_back(ScreenLine(columns));
  for (ScreenLine& line : details) lines.push_back(std::move(line));
  return lines;
}

std::vector<ScreenLine> Browser::layerLines(size_t columns, size_t rows) const {
  size_t top = layer_ >= rows ? layer_ - rows + 1 : 0;
  std::vector<ScreenLine> lines;
  for (size_t i = top; i < report_.layers.size() && lines.size() < rows; ++i) {
    const LayerReport& layer = report_.layers[i];
    bool chosen = i == layer_;
    using Outcome = builder::BuildStep::Outcome;
    char ran = !layer.outcome ? ' ' : *layer.outcome == Outcome::Hit ? '=' : '!';
    Style style = chosen ? Style::Chosen : ran == '!' ? Style::Modified : Style::Plain;
    ScreenLine line(columns);
    line.add(llvm::formatv("{0,3} {1} {2,8}  ", i + 1, ran, humanSize(layer.tarBytes)).str(), style);
    line.add(printable(onOneLine(layer.instruction)), style);
    lines.push_back(chosen ? line.fillTo(columns, style) : line);
  }
  return lines;
}

std::vector<ScreenLine> Browser::detailLines(size_t columns) const {
  std::vector<ScreenLine> lines{title(llvm::formatv("Layer {0}", layer_ + 1).str(), columns, false)};
  if (report_.layers.empty()) return lines;
  const LayerReport& layer = report_.layers[layer_];
  std::string line = layer.line ? "line " + std::to_string(*layer.line) + ": " : "";
  addWrapped(lines, line + layer.instruction, columns);
  const LayerCounts& counts = layer.counts;
  addWrapped(lines,
             llvm::formatv("{0} files, {1}; {2} added, {3} modified, {4} removed", counts.files,
                           humanSize(counts.fileBytes), counts.added, counts.modified + counts.metadata, counts.removed)
                 .str(),
             columns, Style::Quiet);
  if (layer.compressedBytes)
    addWrapped(lines, "compressed " + humanSize(*layer.compressedBytes), columns, Style::Quiet);
  if (layer.outcome)
    addWrapped(lines, ("last build: " + nameOf(*layer.outcome) + ", ").str() + durationText(layer.nanoseconds),
               columns);
  if (layer.reason && report_.build)
    addWrapped(lines, summaryOf(*layer.reason, *report_.build), columns, Style::Modified);
  uint64_t wasted = 0;
  for (const WasteFinding& finding : report_.waste.findings)
    if (finding.layer == layer_) wasted += finding.bytes;
  if (wasted > 0) addWrapped(lines, humanSize(wasted) + " wasted here (w)", columns, Style::Bad);
  return lines;
}

std::vector<ScreenLine> Browser::wasteLines(size_t columns) const {
  std::vector<ScreenLine> lines{title("Waste of the image, " + humanSize(report_.waste.bytes), columns, false)};
  for (const WasteFinding& finding : report_.waste.findings) {
    std::string what = finding.what.empty() ? titleOf(finding.cause).str() : finding.what;
    lines.push_back(ScreenLine(columns).add(
        llvm::formatv("{0,8}  layer {1}, {2}", humanSize(finding.bytes), finding.layer + 1, what).str(),
        finding.layer == layer_ ? Style::Bad : Style::Plain));
    if (finding.layer == layer_) addWrapped(lines, hintFor(finding, report_), columns, Style::Quiet);
  }
  if (report_.waste.findings.empty()) lines.push_back(ScreenLine(columns).add("nothing", Style::Quiet));
  return lines;
}

std::vector<ScreenLine> Browser::helpLines(size_t columns) const {
  static constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> kHelp[] = {
      {"Tab", "go to the other side"},
      {"Up Down j k", "one line"},
      {"PgUp PgDn u d", "one page"},
      {"g G", "first, last"},
      {"Ctrl+F, /", "show only paths that have what is typed; Esc: all"},
      {"q, Ctrl+C", "leave"},
      {"w", "waste of the image in the place of the layer's details"},
      {"", ""},
      {"at the layers", ""},
      {"Ctrl+L", "what this layer changed"},
      {"Ctrl+A", "what all layers above the lowest changed"},
      {"", ""},
      {"at the files", ""},
      {"Space", "fold a directory, unfold it"},
      {"Left Right h l", "fold, unfold"},
      {"Ctrl+Space", "fold all, unfold all"},
      {"Ctrl+A", "hide what was added, show it"},
      {"Ctrl+R", "the same of what was removed"},
      {"Ctrl+M", "of what was modified"},
      {"Ctrl+U", "of what is as it was"},
      {"Ctrl+B", "modes and owners"},
      {"Ctrl+O", "largest first, or by name"}};
  std::vector<ScreenLine> lines;
  for (auto [keys, meaning] : kHelp)
    lines.push_back(ScreenLine(columns).add(keys, Style::Title).fillTo(16).add(meaning));
  return lines;
}

}  // namespace strata::analyzer
