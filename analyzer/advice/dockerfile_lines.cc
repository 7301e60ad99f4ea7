#include "analyzer/advice/dockerfile_lines.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

FileLines::FileLines(std::string text) : text_(std::move(text)) {
  for (llvm::StringRef rest = text_; !rest.empty();) {
    size_t end = rest.find('\n');
    size_t length = end == llvm::StringRef::npos ? rest.size() : end + 1;
    lines_.push_back(rest.take_front(length));
    rest = rest.drop_front(length);
  }
  dosEnds_ = !lines_.empty() && lines_.front().ends_with("\r\n");
}

llvm::StringRef FileLines::line(uint32_t number) const {
  return number == 0 || number > count() ? llvm::StringRef() : lines_[number - 1].rtrim("\r\n");
}

std::vector<std::string> FileLines::lines(uint32_t first, uint32_t last) const {
  std::vector<std::string> found;
  for (uint32_t number = first; number <= last; ++number) found.push_back(line(number).str());
  return found;
}

bool FileLines::isIdle(uint32_t number) const {
  llvm::StringRef text = line(number).trim();
  return text.empty() || text.starts_with("#");
}

bool FileLines::areIdle(uint32_t first, uint32_t last) const {
  for (uint32_t number = first; number <= last; ++number)
    if (!isIdle(number)) return false;
  return true;
}

std::optional<std::string> FileLines::edited(llvm::ArrayRef<LineEdit> edits) const {
  std::vector<const LineEdit*> ordered;
  for (const LineEdit& edit : edits) ordered.push_back(&edit);
  llvm::stable_sort(ordered, [](auto* a, auto* b) { return a->first < b->first; });
  std::string result;
  uint32_t next = 1;  // the first line that is not taken over yet
  auto takeOver = [&](uint32_t end) {
    for (; next < end; ++next) result += lines_[next - 1];
  };
  const LineEdit* before = nullptr;
  for (const LineEdit* edit : ordered) {
    if (edit->first < next || edit->last > count() || edit->last + 1 < edit->first) return std::nullopt;
    if (before && before->first == edit->first) return std::nullopt;
    takeOver(edit->first);
    if (!edit->lines.empty() && !result.empty() && result.back() != '\n') result += dosEnds_ ? "\r\n" : "\n";
    for (const std::string& line : edit->lines) result += line + (dosEnds_ ? "\r\n" : "\n");
    next = edit->last + 1;
    before = edit;
  }
  takeOver(count() + 1);
  return result;
}

}  // namespace strata::analyzer
