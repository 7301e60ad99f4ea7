#include "analyzer/causes/sequence_diff.h"

#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>

#include <algorithm>
#include <cstdint>

namespace strata::analyzer {

namespace {

using EditKind = SequenceEdit::Kind;
using Texts = llvm::ArrayRef<llvm::StringRef>;

constexpr size_t kMostPairs = 4'000'000;
constexpr size_t kAroundWords = 3;
constexpr size_t kAroundLines = 3;

/// Grows run by run.
class Edits {
public:
  void add(EditKind kind, size_t begin, size_t end) {
    if (begin == end) return;
    if (!edits_.empty() && edits_.back().kind == kind)
      edits_.back().end = end;
    else
      edits_.push_back({kind, begin, end});
  }
  std::vector<SequenceEdit> take() { return std::move(edits_); }

private:
  std::vector<SequenceEdit> edits_;
};

/// By the longest common subsequence; `skipped`: elements before both.
void diffMiddle(Texts before, Texts after, size_t skipped, Edits& edits) {
  const size_t width = after.size() + 1;
  std::vector<uint32_t> length((before.size() + 1) * width);
  for (size_t i = before.size(); i-- > 0;)
    for (size_t j = after.size(); j-- > 0;)
      length[i * width + j] = before[i] == after[j] ? length[(i + 1) * width + j + 1] + 1
                                                    : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
  size_t i = 0, j = 0, oldDone = 0, newDone = 0;
  auto flush = [&] {
    edits.add(EditKind::Removed, skipped + oldDone, skipped + i);
    edits.add(EditKind::Added, skipped + newDone, skipped + j);
  };
  while (i < before.size() && j < after.size()) {
    if (before[i] == after[j]) {
      flush();
      edits.add(EditKind::Same, skipped + i, skipped + i + 1);
      oldDone = ++i, newDone = ++j;
    } else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  i = before.size(), j = after.size();
  flush();
}

std::vector<llvm::StringRef> splitAtSpaces(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> words;
  llvm::SplitString(text, words, " \t\r\n\v\f");
  return {words.begin(), words.end()};
}

std::string spaced(Texts words) { return llvm::join(words, " "); }

/// What stayed, of which the ends next to a change count.
std::string nearChange(llvm::StringRef text, bool first, bool last) {
  std::vector<llvm::StringRef> words = splitAtSpaces(text);
  size_t shown = (first ? 0 : kAroundWords) + (last ? 0 : kAroundWords);
  if (words.size() <= shown + 1) return text.str();
  std::string head = first ? "" : spaced(Texts(words).take_front(kAroundWords)) + " ";
  std::string tail = last ? "" : " " + spaced(Texts(words).take_back(kAroundWords));
  return head + "..." + tail;
}

std::string marked(const WordEdit& edit) {
  std::string text = printable(edit.text);
  if (edit.kind == EditKind::Removed) return "[-" + text + "-]";
  if (edit.kind == EditKind::Added) return "{+" + text + "+}";
  return text;
}

std::string editsText(llvm::ArrayRef<WordEdit> edits) {
  std::string text;
  for (size_t i = 0; i < edits.size(); ++i) {
    bool replaces = i > 0 && edits[i].kind == EditKind::Added && edits[i - 1].kind == EditKind::Removed;
    if (i > 0 && !replaces) text += " ";
    text += marked(edits[i]);
  }
  return text.empty() ? "(only white space differs)" : text;
}

/// Lines with their ends.
std::vector<llvm::StringRef> linesOf(llvm::StringRef text) {
  std::vector<llvm::StringRef> lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    end = end == llvm::StringRef::npos ? text.size() : end + 1;
    lines.push_back(text.take_front(end));
    text = text.drop_front(end);
  }
  return lines;
}

/// One line of a unified diff and where it stands in both texts.
struct DiffLine {
  char mark;
  llvm::StringRef text;
  size_t before, after;
};

std::vector<DiffLine> diffLines(Texts before, Texts after) {
  std::vector<DiffLine> lines;
  size_t i = 0, j = 0;
  for (const SequenceEdit& edit : diffSequences(before, after))
    for (size_t at = edit.begin; at < edit.end; ++at) {
      if (edit.kind == EditKind::Added) {
        lines.push_back({'+', after[at], i, j++});
      } else if (edit.kind == EditKind::Removed) {
        lines.push_back({'-', before[at], i++, j});
      } else {
        lines.push_back({' ', before[at], i++, j++});
      }
    }
  return lines;
}

std::string hunkText(llvm::ArrayRef<DiffLine> lines) {
  size_t before = size_t(llvm::count_if(lines, [](const DiffLine& line) { return line.mark != '+'; }));
  size_t after = size_t(llvm::count_if(lines, [](const DiffLine& line) { return line.mark != '-'; }));
  // An empty side is named by the line before it.
  std::string text = llvm::formatv("@@ -{0},{1} +{2},{3} @@\n", lines[0].before + (before > 0), before,
                                   lines[0].after + (after > 0), after);
  for (const DiffLine& line : lines) {
    text += line.mark + line.text.str();
    if (!line.text.ends_with("\n")) text += "\n\\ No newline at end of file\n";
  }
  return text;
}

}  // namespace

std::vector<SequenceEdit> diffSequences(Texts before, Texts after) {
  size_t shorter = std::min(before.size(), after.size()), head = 0, tail = 0;
  while (head < shorter && before[head] == after[head]) ++head;
  while (tail < shorter - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  Texts oldMiddle = before.slice(head, before.size() - head - tail);
  Texts newMiddle = after.slice(head, after.size() - head - tail);
  Edits edits;
  edits.add(EditKind::Same, 0, head);
  if (oldMiddle.size() * newMiddle.size() <= kMostPairs) {
    diffMiddle(oldMiddle, newMiddle, head, edits);
  } else {
    edits.add(EditKind::Removed, head, head + oldMiddle.size());
    edits.add(EditKind::Added, head, head + newMiddle.size());
  }
  edits.add(EditKind::Same, before.size() - tail, before.size());
  return edits.take();
}

std::vector<WordEdit> diffWords(llvm::StringRef before, llvm::StringRef after) {
  std::vector<llvm::StringRef> old = splitAtSpaces(before), now = splitAtSpaces(after);
  std::vector<WordEdit> words;
  if (old == now) return words;
  for (const SequenceEdit& edit : diffSequences(old, now)) {
    Texts from = edit.kind == EditKind::Added ? Texts(now) : Texts(old);
    words.push_back({edit.kind, spaced(from.slice(edit.begin, edit.end - edit.begin))});
  }
  return words;
}

std::string wordDiffText(llvm::StringRef before, llvm::StringRef after) { return editsText(diffWords(before, after)); }

std::string shortWordDiffText(llvm::StringRef before, llvm::StringRef after) {
  std::vector<WordEdit> words = diffWords(before, after);
  for (size_t i = 0; i < words.size(); ++i)
    if (words[i].kind == EditKind::Same) words[i].text = nearChange(words[i].text, i == 0, i + 1 == words.size());
  return editsText(words);
}

std::string unifiedDiff(llvm::StringRef beforeName, llvm::StringRef before, llvm::StringRef afterName,
                        llvm::StringRef after) {
  std::vector<llvm::StringRef> old = linesOf(before), now = linesOf(after);
  std::vector<DiffLine> lines = diffLines(old, now);
  std::string text;
  for (size_t at = 0; at < lines.size();) {
    auto isChange = [](const DiffLine& line) { return line.mark != ' '; };
    auto change = std::find_if(lines.begin() + ptrdiff_t(at), lines.end(), isChange);
    if (change == lines.end()) break;
    size_t first = size_t(change - lines.begin()), begin = std::max(at, first - std::min(first, kAroundLines));
    size_t end = first + 1;  // as long as the next change is near enough to share what is around
    for (size_t i = end; i < lines.size() && i <= end + 2 * kAroundLines; ++i)
      if (isChange(lines[i])) end = i + 1;
    end = std::min(lines.size(), end + kAroundLines);
    text += hunkText(llvm::ArrayRef(lines).slice(begin, end - begin));
    at = end;
  }
  if (text.empty()) return text;
  return ("--- " + beforeName + "\n+++ " + afterName + "\n" + text).str();
}

}  // namespace strata::analyzer
