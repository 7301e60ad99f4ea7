#include "builder/frontend/lines.h"

#include "builder/frontend/ast.h"
#include "builder/frontend/unicode.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

namespace {
constexpr size_t kLongestLine = 65535;  // without its line feed

llvm::StringRef withoutEnd(llvm::StringRef line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line = line.drop_back();
  return line;
}

/// LEX-8: ends with the escape character (then only blanks), which no other stands before. `keep`: bytes before it.
bool continues(llvm::StringRef line, char escape, size_t& keep) {
  llvm::StringRef trimmed = line;
  while (!trimmed.empty() && (trimmed.back() == ' ' || trimmed.back() == '\t')) trimmed = trimmed.drop_back();
  if (trimmed.empty() || trimmed.back() != escape) return false;
  if (trimmed.size() > 1 && trimmed[trimmed.size() - 2] == escape) return false;
  keep = trimmed.size() - 1;
  return true;
}

/// Bytes of the mark that a file may begin with (LEX-2).
uint32_t markWidth(llvm::StringRef text) { return text.starts_with("\xef\xbb\xbf") ? 3 : 0; }
}  // namespace

SourcePosition LogicalLine::positionOf(size_t offset) const {
  const auto* after =
      llvm::upper_bound(pieces, offset, [](size_t at, const Piece& piece) { return at < piece.offset; });
  if (after == pieces.begin()) return {firstLine, 0};
  const Piece& piece = *std::prev(after);
  return {piece.at.line, piece.at.column + uint32_t(offset - piece.offset)};
}

SourceRange LogicalLine::rangeOf(llvm::StringRef part) const {
  auto begin = size_t(part.data() - text.data());
  if (part.empty()) return {positionOf(begin), positionOf(begin)};
  SourcePosition last = positionOf(begin + part.size() - 1);
  return {positionOf(begin), {last.line, last.column + 1}};
}

LineReader::LineReader(const SourceText& source, char escape, llvm::BumpPtrAllocator& arena)
    : source_(source), arena_(arena), rest_(source.text().drop_front(markWidth(source.text()))), escape_(escape) {}

llvm::Expected<llvm::StringRef> LineReader::lineWithEnd() {
  size_t end = rest_.find('\n');
  llvm::StringRef line = rest_.take_front(end == llvm::StringRef::npos ? rest_.size() : end + 1);
  rest_ = rest_.drop_front(line.size());
  ++line_;
  size_t size = line.size() - (end == llvm::StringRef::npos ? 0 : 1) + (line_ == 1 ? markWidth(source_.text()) : 0);
  if (size > kLongestLine)
    return parseFault(source_, {{line_, 0}, {line_ + 1, 0}},
                      "dockerfile line greater than max allowed size of " + llvm::Twine(kLongestLine));
  return line;
}

llvm::Error LineReader::skip(uint32_t lines) {
  for (; lines > 0; --lines)
    if (auto line = lineWithEnd(); !line) return line.takeError();
  return llvm::Error::success();
}

llvm::Expected<std::optional<llvm::StringRef>> LineReader::nextRaw() {
  if (rest_.empty()) return std::nullopt;
  auto line = lineWithEnd();
  if (!line) return line.takeError();
  return *line;
}

llvm::Expected<std::optional<LogicalLine>> LineReader::next() {
  LogicalLine logical;
  llvm::SmallString<256> joined;
  bool begun = false, more = true;
  while (more && !rest_.empty()) {
    auto whole = lineWithEnd();
    if (!whole) return whole.takeError();
    llvm::StringRef line = withoutEnd(*whole), shown = trimSpaceLeft(line);
    if (shown.empty()) {
      logical.emptyContinuation |= begun;
      continue;
    }
    if (shown[0] == '#') {
      if (begun) continue;
      llvm::StringRef comment = trimSpace(shown.drop_front());
      if (comment.empty())
        logical.comments.clear();
      else
        logical.comments.push_back(comment);
      continue;
    }
    llvm::StringRef piece = begun ? line : shown;
    size_t keep = piece.size();
    more = continues(piece, escape_, keep);
    if (!begun) logical.firstLine = line_;
    auto column = uint32_t(piece.data() - line.data()) + (line_ == 1 ? markWidth(source_.text()) : 0);
    if (begun) {
      if (logical.pieces.size() == 1) joined = logical.text;
      logical.pieces.push_back({uint32_t(joined.size()), {line_, column}});
      joined += piece.take_front(keep);
    } else {
      logical.pieces.push_back({0, {line_, column}});
      logical.text = piece.take_front(keep);
    }
    begun = true;
  }
  if (!begun) return std::nullopt;
  if (logical.pieces.size() > 1) logical.text = joined.str().copy(arena_);
  return logical;
}

}  // namespace strata::builder
