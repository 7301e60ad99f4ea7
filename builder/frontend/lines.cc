#include "builder/frontend/lines.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

namespace {
constexpr size_t kLongestLine = 65535;
constexpr llvm::StringLiteral kBlanks = " \t";
constexpr llvm::StringLiteral kSpaces = " \t\v\f\r\n";

llvm::StringRef withoutBom(llvm::StringRef text) {
  text.consume_front("\xef\xbb\xbf");
  return text;
}

/// LEX-8: ends with the escape character (then only blanks), which no other stands before.
bool continues(llvm::StringRef line, char escape, size_t& keep) {
  llvm::StringRef trimmed = line.rtrim(kBlanks);
  if (!trimmed.ends_with(llvm::StringRef(&escape, 1))) return false;
  if (trimmed.size() > 1 && trimmed[trimmed.size() - 2] == escape) return false;
  keep = trimmed.size() - 1;
  return true;
}
}  // namespace

SourcePosition LogicalLine::positionOf(size_t offset) const {
  auto after = llvm::upper_bound(pieces, offset, [](size_t at, const Piece& piece) { return at < piece.offset; });
  if (after == pieces.begin()) return {firstLine, 0};
  const Piece& piece = *std::prev(after);
  return {piece.at.line, piece.at.column + uint32_t(offset - piece.offset)};
}

SourceRange LogicalLine::rangeOf(size_t begin, size_t end) const {
  SourceRange range{positionOf(begin), {}};
  SourcePosition last = positionOf(end > begin ? end - 1 : begin);
  range.end = {last.line, last.column + (end > begin ? 1 : 0)};
  return range;
}

LineReader::LineReader(const SourceText& source) : source_(source), rest_(withoutBom(source.text())) {}

llvm::StringRef LineReader::lineWithEnd() {
  size_t end = rest_.find('\n');
  llvm::StringRef line = rest_.take_front(end == llvm::StringRef::npos ? rest_.size() : end + 1);
  rest_ = rest_.drop_front(line.size());
  ++line_;
  return line;
}

llvm::Error LineReader::checkLength(uint32_t number) const {
  if (source_.line(number).size() <= kLongestLine) return llvm::Error::success();
  return fault(FaultKind::Invalid, "dockerfile parse error on line " + llvm::Twine(number) +
                                       ": dockerfile line greater than maximum allowed size of " +
                                       llvm::Twine(kLongestLine));
}

llvm::Expected<std::vector<Directive>> LineReader::readDirectives() {
  std::vector<Directive> directives;
  for (;;) {
    llvm::StringRef line = rest_.take_until([](char c) { return c == '\n'; }).trim(kSpaces);
    if (!line.consume_front("#")) return directives;
    auto [name, value] = line.split('=');
    name = name.trim(kBlanks);
    value = value.trim(kSpaces);
    bool wellFormed = line.contains('=') && !value.empty() && !name.empty() && llvm::isAlpha(name[0]) &&
                      llvm::all_of(name, llvm::isAlnum);
    static constexpr llvm::StringLiteral kKnown[] = {"syntax", "escape", "check"};
    const auto* known = llvm::find_if(kKnown, [&](llvm::StringRef one) { return name.equals_insensitive(one); });
    if (!wellFormed || known == std::end(kKnown)) return directives;
    lineWithEnd();
    SourceRange range{{line_, 0}, {line_, uint32_t(source_.line(line_).size())}};
    if (llvm::any_of(directives, [&](const Directive& one) { return one.name == *known; }))
      return parseFault(source_, range, "only one " + *known + " parser directive can be used");
    if (*known == "escape") {
      if (value != "\\" && value != "`")
        return parseFault(source_, range, "invalid escape token '" + value + "' does not match ` or \\");
      escape_ = value[0];
    }
    directives.push_back({*known, value, range});
  }
}

llvm::Expected<std::optional<llvm::StringRef>> LineReader::nextRaw() {
  if (rest_.empty()) return std::nullopt;
  llvm::StringRef line = lineWithEnd();
  if (auto error = checkLength(line_)) return error;
  return line;
}

llvm::Expected<std::optional<LogicalLine>> LineReader::next() {
  LogicalLine logical;
  bool begun = false;
  while (!rest_.empty()) {
    llvm::StringRef whole = lineWithEnd();
    if (auto error = checkLength(line_)) return error;
    llvm::StringRef line = whole.rtrim("\r\n");
    llvm::StringRef shown = line.ltrim(kSpaces);
    if (shown.starts_with("#")) {
      if (begun) continue;
      llvm::StringRef comment = shown.drop_front().trim(kSpaces);
      if (comment.empty())
        logical.comments.clear();
      else
        logical.comments.push_back(comment);
      continue;
    }
    if (shown.empty()) {
      logical.emptyContinuation |= begun;
      continue;
    }
    uint32_t skipped = begun ? 0 : uint32_t(line.size() - shown.size());
    llvm::StringRef piece = begun ? line : shown;
    if (!begun) logical.firstLine = line_;
    begun = true;
    size_t keep = piece.size();
    bool more = continues(piece, escape_, keep);
    logical.pieces.push_back({uint32_t(logical.text.size()), {line_, skipped}});
    logical.text += piece.take_front(keep);
    if (!more) break;
  }
  if (!begun) return std::nullopt;
  return logical;
}

}  // namespace strata::builder
