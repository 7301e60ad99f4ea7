#include "analyzer/report/diff_text.h"

#include "analyzer/report/diff_words.h"
#include "analyzer/report/text_layout.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr size_t kShownPackages = 40, kLongestSetting = 400;

class Text {
public:
  Text(const ImageDiff& diff, const DiffView& view)
      : diff_(diff), view_(view), width_(view.columns == 0 ? 0 : std::max<size_t>(view.columns, kNarrowestPage)) {}

  std::string print() {
    std::string text = "From " + titleOf(diff_.before) + "\n  to " + titleOf(diff_.after) + "\n\n" + sizes();
    if (diff_.isEmpty()) text += "\nNo difference in configuration, packages and files\n";
    return text + config() + packages() + layers() + files();
  }

private:
  static std::string titleOf(const ComparedImage& image) {
    return printable(image.name) + " (" + image.id.shortHex() + ")";
  }
  /// Characters for a cell beside others that take `taken`.
  size_t room(size_t taken) const { return width_ == 0 ? 0 : width_ - taken; }

  static std::string sizeOrUnknown(const std::optional<uint64_t>& bytes) { return bytes ? humanSize(*bytes) : ""; }

  std::string sizes() const {
    const ComparedImage &a = diff_.before, &b = diff_.after;
    const FileDiff& files = diff_.files;
    Rows rows{{"", "BEFORE", "AFTER", "CHANGE"},
              {"Layers", std::to_string(a.layers), std::to_string(b.layers), layersSummary(diff_)},
              {"Unpacked", humanSize(a.tarBytes), humanSize(b.tarBytes), signedSize(a.tarBytes, b.tarBytes)}};
    if (a.compressedBytes || b.compressedBytes)
      rows.push_back(
          {"Compressed", sizeOrUnknown(a.compressedBytes), sizeOrUnknown(b.compressedBytes),
           a.compressedBytes && b.compressedBytes ? signedSize(*a.compressedBytes, *b.compressedBytes) : ""});
    rows.push_back({"Files", std::to_string(files.filesBefore), std::to_string(files.filesAfter),
                    signedNumber(files.filesBefore, files.filesAfter)});
    rows.push_back({"Content", humanSize(files.bytesBefore), humanSize(files.bytesAfter),
                    signedSize(files.bytesBefore, files.bytesAfter)});
    return table(rows);
  }

  std::string config() const {
    if (diff_.config.empty()) return "";
    std::string text = "\nConfiguration\n";
    for (const ConfigChange& change : diff_.config) {
      std::string line = std::string(1, markOf(change)) + " " + shortened(settingOf(change), kLongestSetting);
      std::string before = shortened(change.before.value_or(""), kLongestSetting);
      std::string after = shortened(change.after.value_or(""), kLongestSetting);
      if (change.before && change.after)
        line += ": " + (before.empty() ? "''" : before) + " -> " + (after.empty() ? "''" : after);
      else if (!(before + after).empty())
        line += ": " + before + after;
      text += wrapped(line, 2, width_);
    }
    return text;
  }

  std::string packages() const {
    const PackageDiff& packages = diff_.packages;
    if (packages.changes.empty() && packages.unread.empty()) return "";
    std::string summary = packagesSummary(packages);
    std::string text = "\nPackages" + (summary.empty() ? "" : ": " + summary) + "\n";
    if (!packages.changes.empty()) text += fittingPackageTable();
    if (packages.changes.size() > kShownPackages)
      text += "  and " + std::to_string(packages.changes.size() - kShownPackages) + " more: see --json\n";
    for (const std::string& note : packages.unread) text += wrapped(note, 2, width_);
    return text;
  }

  /// Texts are cut only where the whole is too wide.
  std::string fittingPackageTable() const {
    std::string whole = packageTable(0);
    bool fits = width_ == 0;
    if (!fits) {
      llvm::SmallVector<llvm::StringRef> lines;
      llvm::StringRef(whole).split(lines, '\n');
      fits = llvm::all_of(lines, [&](llvm::StringRef line) { return line.size() <= width_; });
    }
    return fits ? whole : packageTable(nameWidth());
  }

  /// Texts of at most so many characters; 0: of any length.
  std::string packageTable(size_t most) const {
    Rows rows{{"CHANGE", "PACKAGE", "BEFORE", "AFTER", "SIZE", "DATABASE"}};
    for (const PackageChange& change : llvm::ArrayRef(diff_.packages.changes).take_front(kShownPackages)) {
      std::string place = nameOf(change.database).str() + (change.where.empty() ? "" : " /" + change.where);
      rows.push_back({nameOf(change.kind).str(), shortened(change.name, most),
                      shortened(versionOf(change, change.before), most),
                      shortened(versionOf(change, change.after), most), sizeOf(change), shortened(place, most)});
    }
    return table(rows);
  }
  /// Four columns of them beside change and size.
  size_t nameWidth() const { return (width_ - 34) / 4; }

  std::string layers() const {
    Rows rows{{"", "LAYER", "SIZE", "COMPRESSED", "INSTRUCTION"}};
    for (size_t i = 0; i < diff_.layers.size();) {
      const LayerChange& layer = diff_.layers[i];
      if (layer.isShared()) {
        i += addShared(i, rows);
        continue;
      }
      rows.push_back({layer.before ? "-" : "+", std::to_string(layer.before.value_or(layer.after.value_or(0)) + 1),
                      sizeOrUnknown(layer.tarBytes), sizeOrUnknown(layer.compressedBytes),
                      shortened(layer.instruction, room(38))});
      ++i;
    }
    return "\nLayers\n" + table(rows);
  }

  /// One line for all shared layers in a row; how many these are.
  size_t addShared(size_t first, Rows& rows) const {
    auto shared = llvm::ArrayRef(diff_.layers).drop_front(first).take_while([](const LayerChange& one) {
      return one.isShared();
    });
    uint64_t bytes = 0;
    for (const LayerChange& layer : shared) bytes += layer.tarBytes.value_or(0);
    std::string from = std::to_string(*shared.front().after + 1), to = std::to_string(*shared.back().after + 1);
    rows.push_back({"=", from == to ? from : from + "-" + to, humanSize(bytes), "",
                    shared.size() == 1 ? shortened(shared.front().instruction, room(38)) : "shared"});
    return shared.size();
  }

  std::string files() const {
    const FileDiff& files = diff_.files;
    if (files.changes.empty()) return "";
    std::string text = "\n" + wrapped("Files: " + filesSummary(files), 0, width_);
    Rows rows{{"", "SIZE", "LARGEST"}};
    for (const FileChange& change : llvm::ArrayRef(files.changes).take_front(view_.files)) {
      std::string detail = detailOf(diff_.pair, change);
      std::string path = pathText(diff_.pair, change) + (detail.empty() ? "" : "  " + detail);
      rows.push_back({std::string(1, markOf(change.kind)), sizeText(diff_.pair, change), shortened(path, room(26))});
    }
    text += table(rows);
    if (files.changes.size() > view_.files)
      text += "and " + std::to_string(files.changes.size() - view_.files) + " more: see --largest and --json\n";
    return text;
  }

  const ImageDiff& diff_;
  const DiffView& view_;
  size_t width_;
};

}  // namespace

std::string printImageDiff(const ImageDiff& diff, const DiffView& view) { return Text(diff, view).print(); }

}  // namespace strata::analyzer
