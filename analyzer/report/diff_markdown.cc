#include "analyzer/report/diff_markdown.h"

#include "analyzer/report/diff_words.h"
#include "analyzer/report/markdown_text.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {

constexpr size_t kLongestCell = 120;
constexpr size_t kMostCommentBytes = 60'000;  ///< a comment may have 65,536 characters
constexpr size_t kSectionBytes = 16'000;

std::string row(llvm::ArrayRef<std::string> cells) { return "| " + llvm::join(cells, " | ") + " |\n"; }
std::string cell(llvm::StringRef text) { return code(text, kLongestCell); }
std::string sizeOrUnknown(const std::optional<uint64_t>& bytes) { return bytes ? humanSize(*bytes) : ""; }

/// A table that a reader opens; rows that would make it too long are counted.
class Section {
public:
  Section(std::string title, llvm::StringRef header) : title_(std::move(title)) {
    size_t columns = header.count('|') - 1;
    text_ = header.str() + "\n|";
    for (size_t i = 0; i < columns; ++i) text_ += " --- |";
    text_ += "\n";
  }
  void add(llvm::ArrayRef<std::string> cells) {
    std::string line = row(cells);
    if (text_.size() + line.size() > kSectionBytes)
      ++leftOut_;
    else
      text_ += line;
  }
  void leaveOut(size_t rows) { leftOut_ += rows; }
  void note(const std::string& line) { notes_ += "\n" + line + "\n"; }
  std::string str() const {
    std::string more = leftOut_ == 0 ? "" : "\nand " + std::to_string(leftOut_) + " more\n";
    return "\n<details><summary><b>" + title_ + "</b></summary>\n\n" + text_ + more + notes_ + "\n</details>\n";
  }

private:
  std::string title_, text_, notes_;
  size_t leftOut_ = 0;
};

class Markdown {
public:
  Markdown(const ImageDiff& diff, size_t files) : diff_(diff), files_(files) {}

  std::string print() {
    std::string text = "### Image " + titleOf(diff_.before) + " to " + titleOf(diff_.after) + "\n\n" + sizes();
    if (diff_.isEmpty()) text += "\nNo difference in configuration, packages and files.\n";
    for (const std::string& section : {config(), packages(), files(), layers()})
      if (text.size() + section.size() <= kMostCommentBytes) text += section;
    return text;
  }

private:
  static std::string titleOf(const ComparedImage& image) { return code(image.name, kLongestCell); }

  std::string sizes() const {
    const ComparedImage &a = diff_.before, &b = diff_.after;
    const FileDiff& files = diff_.files;
    std::string text = "| | before | after | change |\n| --- | ---: | ---: | ---: |\n";
    text += row({"Unpacked", humanSize(a.tarBytes), humanSize(b.tarBytes), signedSize(a.tarBytes, b.tarBytes)});
    if (a.compressedBytes && b.compressedBytes)
      text += row({"Compressed", humanSize(*a.compressedBytes), humanSize(*b.compressedBytes),
                   signedSize(*a.compressedBytes, *b.compressedBytes)});
    text += row({"Content", humanSize(files.bytesBefore), humanSize(files.bytesAfter),
                 signedSize(files.bytesBefore, files.bytesAfter)});
    text += row({"Files", std::to_string(files.filesBefore), std::to_string(files.filesAfter),
                 signedNumber(files.filesBefore, files.filesAfter)});
    return text + row({"Layers", std::to_string(a.layers), std::to_string(b.layers), layersSummary(diff_)});
  }

  std::string config() const {
    if (diff_.config.empty()) return "";
    size_t count = diff_.config.size();
    Section section("Configuration: " + std::to_string(count) + (count == 1 ? " change" : " changes"),
                    "| setting | before | after |");
    for (const ConfigChange& change : diff_.config)
      section.add({cell(settingOf(change)), valueCell(change.before), valueCell(change.after)});
    return section.str();
  }
  static std::string valueCell(const std::optional<std::string>& value) {
    if (!value) return "";
    return value->empty() ? "*set*" : cell(*value);
  }

  std::string packages() const {
    const PackageDiff& packages = diff_.packages;
    if (packages.changes.empty() && packages.unread.empty()) return "";
    std::string summary = packagesSummary(packages);
    Section section("Packages: " + (summary.empty() ? "not read" : summary),
                    "| package | before | after | size | change | database |");
    for (const PackageChange& change : packages.changes)
      section.add({cell(change.name), cell(versionOf(change, change.before)), cell(versionOf(change, change.after)),
                   sizeOf(change), nameOf(change.kind).str(),
                   nameOf(change.database).str() + (change.where.empty() ? "" : " " + cell("/" + change.where))});
    for (const std::string& note : packages.unread) section.note(code(note, 2 * kLongestCell));
    return section.str();
  }

  std::string layers() const {
    Section section("Layers: " + layersSummary(diff_), "| | layer | size | compressed | instruction |");
    for (const LayerChange& layer : diff_.layers) {
      llvm::StringRef mark = layer.isShared() ? "shared" : layer.before ? "gone" : "new";
      uint32_t position = layer.after ? *layer.after : layer.before.value_or(0);
      section.add({mark.str(), std::to_string(position + 1), sizeOrUnknown(layer.tarBytes),
                   sizeOrUnknown(layer.compressedBytes), cell(layer.instruction)});
    }
    return section.str();
  }

  std::string files() const {
    const FileDiff& files = diff_.files;
    if (files.changes.empty()) return "";
    Section section("Files: " + filesSummary(files), "| change | path | size | what |");
    for (const FileChange& change : llvm::ArrayRef(files.changes).take_front(files_))
      section.add({nameOf(change.kind).str(), cell(pathText(diff_.pair, change)), sizeText(diff_.pair, change),
                   cell(detailOf(diff_.pair, change))});
    if (files.changes.size() > files_) section.leaveOut(files.changes.size() - files_);
    return section.str();
  }

  const ImageDiff& diff_;
  size_t files_;
};

}  // namespace

std::string printImageDiffMarkdown(const ImageDiff& diff, size_t files) { return Markdown(diff, files).print(); }

}  // namespace strata::analyzer
