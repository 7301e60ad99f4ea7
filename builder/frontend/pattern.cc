#include "builder/frontend/pattern.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/ConvertUTF.h>

namespace strata::builder {

namespace {
struct Character {
  uint32_t code;  ///< its bytes, the first one highest
  size_t begin, end;
};

/// The character at `begin`; what is no UTF-8 counts byte by byte.
Character characterAt(llvm::StringRef text, size_t begin) {
  size_t width = llvm::getNumBytesForUTF8(llvm::UTF8(text[begin]));
  const auto* bytes = reinterpret_cast<const llvm::UTF8*>(text.data() + begin);
  if (width > text.size() - begin || !llvm::isLegalUTF8Sequence(bytes, bytes + width)) width = 1;
  Character character{0, begin, begin + width};
  for (size_t i = 0; i < width; ++i) character.code = character.code << 8 | bytes[i];
  return character;
}

std::vector<Character> charactersOf(llvm::StringRef text) {
  std::vector<Character> characters;
  for (size_t at = 0; at < text.size(); at = characters.back().end) characters.push_back(characterAt(text, at));
  return characters;
}
}  // namespace

llvm::Expected<ShellPattern> ShellPattern::parse(llvm::StringRef text) {
  using Kind = Token::Kind;
  ShellPattern pattern;
  auto& tokens = pattern.tokens_;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '*') {
      if (tokens.empty() || tokens.back().kind != Kind::Many) tokens.push_back({Kind::Many});
      ++at;
    } else if (text[at] == '?') {
      tokens.push_back({Kind::One});
      ++at;
    } else {
      if (text[at] == '\\' && (++at == text.size() || !llvm::StringRef("*?\\}/").contains(text[at])))
        return fault(FaultKind::Invalid, "invalid escape in pattern '" + text + "'");
      Character character = characterAt(text, at);
      tokens.push_back({Kind::Character, character.code});
      at = character.end;
    }
  }
  return pattern;
}

/// All ways through the pattern at once, from either end of it.
class ShellPattern::Walk {
public:
  enum class From { Begin, End };
  Walk(const std::vector<Token>& tokens, From from) : tokens_(tokens), at_(tokens.size() + 1), next_(at_.size()) {
    if (from == From::End) std::reverse(tokens_.begin(), tokens_.end());
    enter();
  }
  /// A match may begin here.
  void enter() { reach(at_, 0); }
  bool matches() const { return at_.back(); }
  /// Goes over one character; false: nothing can match any more.
  bool step(uint32_t character) {
    std::fill(next_.begin(), next_.end(), false);
    bool alive = false;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (!at_[i]) continue;
      const Token& token = tokens_[i];
      bool many = token.kind == Token::Kind::Many;
      if (!many && token.kind != Token::Kind::One && token.character != character) continue;
      reach(next_, many ? i : i + 1);
      alive = true;
    }
    at_.swap(next_);
    return alive;
  }

private:
  /// A run may be empty. No two of them stand side by side.
  void reach(std::vector<char>& set, size_t position) {
    set[position] = true;
    if (position < tokens_.size() && tokens_[position].kind == Token::Kind::Many) set[position + 1] = true;
  }
  std::vector<Token> tokens_;
  std::vector<char> at_, next_;
};

std::string ShellPattern::withoutPrefix(llvm::StringRef value, bool longest) const {
  Walk walk(tokens_, Walk::From::Begin);
  size_t length = 0;
  bool found = walk.matches();
  for (const Character& character : charactersOf(value)) {
    if ((found && !longest) || !walk.step(character.code)) break;
    if (walk.matches()) found = true, length = character.end;
  }
  return value.drop_front(length).str();
}

std::string ShellPattern::withoutSuffix(llvm::StringRef value, bool longest) const {
  Walk walk(tokens_, Walk::From::End);
  size_t begin = value.size();
  bool found = walk.matches();
  std::vector<Character> characters = charactersOf(value);
  for (const Character& character : llvm::reverse(characters)) {
    if ((found && !longest) || !walk.step(character.code)) break;
    if (walk.matches()) found = true, begin = character.begin;
  }
  return value.take_front(begin).str();
}

/// A walk from the end says where matches begin, so that a walk from the begin is made only where there is one. These
/// walks overlap in no more than a pattern's length: behind the longest match of a pattern with '*' there is no other.
std::vector<ShellPattern::Span> ShellPattern::find(llvm::StringRef value, bool all) const {
  std::vector<Character> characters = charactersOf(value);
  std::vector<char> begins(characters.size());
  Walk back(tokens_, Walk::From::End);
  for (size_t i = characters.size(); i-- > 0; back.enter()) {
    back.step(characters[i].code);
    begins[i] = back.matches();
  }
  std::vector<Span> spans;
  for (size_t i = 0; i < characters.size();) {
    if (!begins[i]) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    Walk walk(tokens_, Walk::From::Begin);
    for (size_t j = i; j < characters.size() && walk.step(characters[j].code); ++j)
      if (walk.matches()) end = j + 1;
    spans.push_back({characters[i].begin, characters[end - 1].end});
    if (!all) break;
    i = end;
  }
  return spans;
}

llvm::Expected<std::string> ShellPattern::replaced(llvm::StringRef value, llvm::StringRef by, bool all,
                                                   size_t limit) const {
  std::vector<Span> spans = tokens_.empty() ? std::vector<Span>{{0, 0}} : find(value, all);  // VAR-25
  if (value.size() + spans.size() * by.size() > limit)
    return fault(FaultKind::Invalid, "a replacement makes more than " + llvm::Twine(limit) + " bytes");
  std::string result;
  size_t done = 0;
  for (auto [begin, end] : spans) {
    result += value.slice(done, begin).str() + by.str();
    done = end;
  }
  return result + value.drop_front(done).str();
}

}  // namespace strata::builder
