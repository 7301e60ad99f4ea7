#include "builder/context/glob_pattern.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallBitVector.h>

namespace strata::builder {

namespace {
/// Takes one code point off; a byte that begins none stands for itself, above all of Unicode, so that it equals no
/// other.
uint32_t takeCharacter(llvm::StringRef& rest) {
  auto byte = [&](size_t i) { return i < rest.size() ? uint32_t(uint8_t(rest[i])) : 0; };
  uint32_t first = byte(0);
  size_t length = first < 0x80                    ? 1
                  : first >= 0xc2 && first < 0xe0 ? 2
                  : first >= 0xe0 && first < 0xf0 ? 3
                  : first >= 0xf0 && first < 0xf5 ? 4
                                                  : 0;
  uint32_t value = length == 1 ? first : length == 2 ? first & 0x1f : length == 3 ? first & 0x0f : first & 0x07;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) length = 0;
    value = value << 6 | (byte(i) & 0x3f);
  }
  if (length == 0) {
    rest = rest.drop_front();
    return 0x110000 + first;
  }
  rest = rest.drop_front(length);
  return value;
}

void appendCharacter(std::string& out, uint32_t value) {
  if (value >= 0x110000) {
    out.push_back(char(value - 0x110000));
  } else if (value < 0x80) {
    out.push_back(char(value));
  } else {
    int more = value < 0x800 ? 1 : value < 0x10000 ? 2 : 3;
    out.push_back(char((0xff00 >> (more + 1) & 0xff) | value >> 6 * more));
    while (more-- > 0) out.push_back(char(0x80 | (value >> 6 * more & 0x3f)));
  }
}
}  // namespace

bool GlobPattern::Token::accepts(uint32_t other) const {
  if (kind == Kind::Character) return other == character;
  if (other == '/') return false;
  if (kind == Kind::AnyCharacter) return true;
  bool inside = llvm::any_of(ranges, [&](auto& range) { return range.first <= other && other <= range.second; });
  return inside != negated;
}

/// After the '['. Go's rules: '^' first negates; a range's ends may be escaped; '-' and ']' must be; not empty.
llvm::Expected<GlobPattern::Token> GlobPattern::readClass(llvm::StringRef& rest) {
  auto bad = [] { return fault(FaultKind::Invalid, "syntax error in pattern"); };
  auto takeEnd = [&](uint32_t& out) {
    if (rest.empty() || rest.front() == '-' || rest.front() == ']') return false;
    if (rest.front() == '\\') rest = rest.drop_front();
    if (rest.empty()) return false;
    out = takeCharacter(rest);
    return true;
  };
  Token token;
  token.kind = Token::Kind::Class;
  token.negated = rest.consume_front("^");
  while (token.ranges.empty() || !rest.consume_front("]")) {
    uint32_t low = 0, high = 0;
    if (!takeEnd(low)) return bad();
    high = low;
    if (rest.consume_front("-") && !takeEnd(high)) return bad();
    token.ranges.push_back({low, high});
  }
  return token;
}

llvm::Expected<GlobPattern> GlobPattern::compile(llvm::StringRef text, bool across) {
  GlobPattern pattern;
  auto& tokens = pattern.tokens_;
  using Kind = Token::Kind;
  for (llvm::StringRef rest = text; !rest.empty();) {
    if (rest.consume_front("*")) {
      Kind kind = Kind::AnyName;
      if (across && rest.consume_front("*")) kind = rest.consume_front("/") ? Kind::AnyDirectories : Kind::AnyPath;
      if (kind != Kind::AnyName || tokens.empty() || tokens.back().kind != kind) tokens.push_back({.kind = kind});
    } else if (rest.consume_front("?")) {
      tokens.push_back({.kind = Kind::AnyCharacter});
    } else if (rest.consume_front("[")) {
      auto token = readClass(rest);
      if (!token) return token.takeError();
      tokens.push_back(std::move(*token));
    } else {
      if (rest.consume_front("\\") && rest.empty()) return fault(FaultKind::Invalid, "syntax error in pattern");
      tokens.push_back({.kind = Kind::Character, .character = takeCharacter(rest)});
    }
  }
  pattern.chooseShape();
  return pattern;
}
llvm::Expected<GlobPattern> GlobPattern::compile(llvm::StringRef text) { return compile(text, false); }
llvm::Expected<GlobPattern> GlobPattern::compileAcross(llvm::StringRef text) { return compile(text, true); }

void GlobPattern::chooseShape() {
  auto isText = [](const Token& token) { return token.kind == Token::Kind::Character; };
  auto isStar = [](const Token& token) { return token.kind == Token::Kind::AnyName; };
  size_t stars = llvm::count_if(tokens_, isStar);
  bool simple = stars <= 1 && llvm::all_of(tokens_, [&](const Token& token) { return isText(token) || isStar(token); });
  bool starFirst = stars == 1 && isStar(tokens_.front()), starLast = stars == 1 && isStar(tokens_.back());
  if (!simple || (stars == 1 && !starFirst && !starLast)) {
    shape_ = Shape::General;
    return;
  }
  for (const Token& token : tokens_)
    if (isText(token)) appendCharacter(text_, token.character);
  shape_ = stars == 0            ? Shape::Literal
           : tokens_.size() == 1 ? Shape::Everything
           : starFirst           ? Shape::Suffix
                                 : Shape::Prefix;
  tokens_.clear();
}

bool GlobPattern::matches(llvm::StringRef name) const {
  switch (shape_) {
    case Shape::Literal:
      return name == text_;
    case Shape::Everything:
      return !name.contains('/');
    case Shape::Prefix:
      return name.starts_with(text_) && !name.drop_front(text_.size()).contains('/');
    case Shape::Suffix:
      return name.ends_with(text_) && !name.drop_back(text_.size()).contains('/');
    case Shape::General:
      return matchesGeneral(name);
  }
  return false;
}

/// All ways through the pattern at once, a bit each: no pattern, however hostile, costs more than its length times the
/// name's.
bool GlobPattern::matchesGeneral(llvm::StringRef name) const {
  using Kind = Token::Kind;
  size_t end = tokens_.size();
  llvm::SmallBitVector at(unsigned(end + 1)), next(unsigned(end + 1));
  auto isLoop = [](Kind kind) {
    return kind == Kind::AnyName || kind == Kind::AnyPath || kind == Kind::AnyDirectories;
  };
  auto reach = [&](llvm::SmallBitVector& set, size_t position) {
    set.set(unsigned(position));
    while (position < end && isLoop(tokens_[position].kind)) set.set(unsigned(++position));
  };
  reach(at, 0);
  for (llvm::StringRef rest = name; !rest.empty();) {
    uint32_t character = takeCharacter(rest);
    next.reset();
    for (int i = at.find_first(); i >= 0 && size_t(i) < end; i = at.find_next(unsigned(i))) {
      const Token& token = tokens_[size_t(i)];
      if (token.kind == Kind::AnyPath || (token.kind == Kind::AnyName && character != '/'))
        reach(next, size_t(i));
      else if (token.kind == Kind::AnyDirectories && character == '/')
        reach(next, size_t(i));
      else if (token.kind == Kind::AnyDirectories)
        next.set(unsigned(i));  // inside a component: the pattern goes on only behind its '/'
      else if (!isLoop(token.kind) && token.accepts(character))
        reach(next, size_t(i) + 1);
    }
    if (next.none()) return false;
    std::swap(at, next);
  }
  return at.test(unsigned(end));
}

}  // namespace strata::builder
