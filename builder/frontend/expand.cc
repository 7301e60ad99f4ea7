#include "builder/frontend/expand.h"

#include "builder/frontend/pattern.h"
#include "builder/frontend/unicode.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

namespace {
constexpr int kDeepestVariables = 100;  ///< nested ${a:-${b:-...}}: a hostile word must not end the stack
/// Of all values in one word: A=$A$A said 40 times must not fill the memory.
constexpr size_t kMostValueBytes = 4 << 20;

/// What quoting a run of text stands in.
enum class Mode { Word, Body };

class Expander {
public:
  Expander(llvm::StringRef word, VariableLookup lookup, char escape, Mode mode)
      : rest_(word), lookup_(lookup), escape_(escape), mode_(mode) {}

  llvm::Error run() { return expandUntil('\0'); }

  std::string text;
  std::vector<std::string> words;  ///< filled by splitting
  VariableNames used, unset;
  bool split = false;

  void endWord() {
    if (!text.empty()) words.push_back(std::move(text));
    text.clear();
  }

private:
  static llvm::Error wrong(const llvm::Twine& message) { return fault(FaultKind::Invalid, message); }

  /// White space outside quotes, a value's included, ends a word. What is empty, quotes or not, is none.
  bool splitsHere() const { return split && depth_ == 0; }
  void putValue(llvm::StringRef value) {
    while (splitsHere() && !value.empty()) {
      size_t width = spaceWidth(value);
      if (width)
        endWord();
      else
        text += value[0];
      value = value.drop_front(std::max<size_t>(width, 1));
    }
    text += value;
  }

  /// Up to (not including) an unquoted `stop`, or the end of the word.
  llvm::Error expandUntil(char stop) {
    while (!rest_.empty()) {
      char c = rest_[0];
      if (stop && c == stop) return llvm::Error::success();
      if (mode_ == Mode::Word && c == '\'') {
        if (auto error = singleQuoted()) return error;
      } else if (mode_ == Mode::Word && c == '"') {
        if (auto error = doubleQuoted()) return error;
      } else if (c == '$') {
        auto value = variable();
        if (!value) return value.takeError();
        putValue(*value);
      } else if (c == escape_) {
        if (raw_) text += c;
        rest_ = rest_.drop_front();
        if (!rest_.empty()) take();
      } else if (size_t width = splitsHere() ? spaceWidth(rest_) : 0) {
        endWord();
        rest_ = rest_.drop_front(width);
      } else {
        take();
      }
    }
    return llvm::Error::success();
  }

  void take() {
    text += rest_[0];
    rest_ = rest_.drop_front();
  }

  llvm::Error singleQuoted() {
    size_t end = rest_.find('\'', 1);
    if (end == llvm::StringRef::npos)
      return wrong("unexpected end of statement while looking for matching single-quote");
    text += rest_.slice(1, end);
    rest_ = rest_.drop_front(end + 1);
    return llvm::Error::success();
  }

  llvm::Error doubleQuoted() {
    rest_ = rest_.drop_front();
    while (!rest_.empty()) {
      char c = rest_[0];
      if (c == '"') {
        rest_ = rest_.drop_front();
        return llvm::Error::success();
      }
      if (c == '$') {
        auto value = variable();
        if (!value) return value.takeError();
        text += *value;
        continue;
      }
      if (c == escape_) {
        bool escapes = rest_.size() > 1 && (rest_[1] == '"' || rest_[1] == '$' || rest_[1] == escape_);
        if (raw_) text += c;  // before anything else it stands for itself: a pattern sees two
        if (escapes) rest_ = rest_.drop_front();
      }
      take();
    }
    return wrong("unexpected end of statement while looking for matching double-quote");
  }

  static bool isSpecial(char c) { return llvm::StringRef("@*#?-$!").contains(c); }

  /// VAR-7 to VAR-9: takes the longest name off the front; empty if there is none.
  static llvm::StringRef nameIn(llvm::StringRef text) {
    if (text.empty()) return "";
    if (isSpecial(text[0])) return text.take_front(1);
    bool digitsOnly = isDigit(firstCharacter(text).point);
    size_t length = 0;
    while (length < text.size()) {
      Character character = firstCharacter(text.drop_front(length));
      bool fits = isDigit(character.point) || (!digitsOnly && (character.point == '_' || isLetter(character.point)));
      if (!fits) break;
      length += character.width;
    }
    return text.take_front(length);
  }

  std::optional<llvm::StringRef> look(llvm::StringRef name) {
    std::optional<llvm::StringRef> value = lookup_(name);
    auto& names = value ? used : unset;
    if (!llvm::is_contained(names, name)) names.push_back(name);
    return value;
  }

  /// What the variable at the front stands for; good until the next one is read.
  llvm::Expected<llvm::StringRef> variable() {
    auto value = valueOfVariable();
    if (!value) return value;
    valueBytes_ += value->size();
    if (valueBytes_ > kMostValueBytes)
      return wrong("the variables have more than " + llvm::Twine(kMostValueBytes) + " bytes together");
    return value;
  }

  llvm::Expected<llvm::StringRef> valueOfVariable() {
    rest_ = rest_.drop_front();  // '$'
    if (rest_.starts_with("{")) return braced();
    llvm::StringRef name = nameIn(rest_);
    if (name.empty()) return llvm::StringRef("$");
    rest_ = rest_.drop_front(name.size());
    return look(name).value_or("");
  }

  llvm::StringRef computed(std::string value) { return computed_ = std::move(value); }

  /// A word inside an operator: expanded by itself, up to `stop`. Raw: escape signs stay, for the pattern to read.
  llvm::Expected<std::string> operand(char stop, bool raw) {
    if (++depth_ > kDeepestVariables)
      return wrong("variables are nested more than " + llvm::Twine(kDeepestVariables) + " deep");
    std::string outer = std::exchange(text, {});
    bool outerRaw = std::exchange(raw_, raw);
    auto error = expandUntil(stop);
    raw_ = outerRaw;
    std::string inner = std::exchange(text, std::move(outer));
    --depth_;
    if (error) return error;
    return inner;
  }

  llvm::Error close() {
    if (!rest_.consume_front("}")) return wrong("syntax error: missing '}'");
    return llvm::Error::success();
  }

  llvm::Expected<llvm::StringRef> braced() {
    rest_ = rest_.drop_front();  // '{'
    if (rest_.empty()) return wrong("syntax error: missing '}'");
    if (rest_[0] == '{' || rest_[0] == '}' || rest_[0] == ':') return wrong("syntax error: bad substitution");
    llvm::StringRef name = nameIn(rest_);
    if (name.empty()) return wrong("syntax error: bad substitution");
    rest_ = rest_.drop_front(name.size());
    if (rest_.consume_front("}")) return look(name).value_or("");
    if (rest_.empty()) return wrong("syntax error: missing '}'");
    bool colon = rest_.consume_front(":");
    if (rest_.empty()) return wrong("syntax error: missing '}'");
    char op = rest_[0];
    rest_ = rest_.drop_front();
    switch (op) {
      case '-':
      case '+':
      case '?':
        return conditional(name, op, colon);
      case '#':
      case '%':
      case '/':
        if (colon) return wrong("unsupported modifier (:" + llvm::Twine(op) + ") in substitution");
        return op == '/' ? replacement(name) : trimmed(name, op);
      default:
        return wrong("unsupported modifier (" + llvm::Twine(colon ? ":" : "") + llvm::Twine(op) + ") in substitution");
    }
  }

  llvm::Expected<llvm::StringRef> conditional(llvm::StringRef name, char op, bool colon) {
    std::optional<llvm::StringRef> value = look(name);
    bool present = value && (!colon || !value->empty());
    auto word = operand('}', /*raw=*/false);
    if (!word) return word.takeError();
    if (auto error = close()) return error;
    if (op == '-') return present ? *value : computed(std::move(*word));
    if (op == '+') return present ? computed(std::move(*word)) : "";
    if (present) return *value;
    if (word->empty()) *word = colon ? "is not allowed to be unset or empty" : "is not allowed to be unset";
    return wrong(name + ": " + *word);
  }

  llvm::Expected<llvm::StringRef> trimmed(llvm::StringRef name, char op) {
    auto word = operand('}', /*raw=*/true);
    if (!word) return word.takeError();
    if (auto error = close()) return error;
    llvm::StringRef text = *word;
    bool longest = text.consume_front(llvm::StringRef(&op, 1));  // also one that came from quotes or a variable
    auto pattern = ShellPattern::parse(text);
    if (!pattern) return pattern.takeError();
    llvm::StringRef value = look(name).value_or("");
    return computed(op == '#' ? pattern->withoutPrefix(value, longest) : pattern->withoutSuffix(value, longest));
  }

  llvm::Expected<llvm::StringRef> replacement(llvm::StringRef name) {
    bool all = rest_.consume_front("/");
    auto word = operand('/', /*raw=*/true);
    if (!word) return word.takeError();
    if (!rest_.consume_front("/")) return wrong("syntax error: missing '/' in substitution");
    auto by = operand('}', /*raw=*/true);
    if (!by) return by.takeError();
    if (auto error = close()) return error;
    auto pattern = ShellPattern::parse(*word);
    if (!pattern) return pattern.takeError();
    auto replaced = pattern->replaced(look(name).value_or(""), *by, all, kMostValueBytes);
    if (!replaced) return replaced.takeError();
    return computed(std::move(*replaced));
  }

  llvm::StringRef rest_;
  VariableLookup lookup_;
  char escape_;
  Mode mode_;
  int depth_ = 0;
  bool raw_ = false;  ///< in a pattern or its replacement
  size_t valueBytes_ = 0;
  std::string computed_;  ///< by the operator read last
};

llvm::Error inWord(llvm::StringRef word, llvm::Error error) {
  return withContext(std::move(error), "failed to process \"" + word + "\"");
}
}  // namespace

bool isPlain(llvm::StringRef word, char escape) {
  return llvm::none_of(word, [escape](char c) { return c == '$' || c == '\'' || c == '"' || c == escape; });
}

llvm::Expected<Expansion> expandWord(llvm::StringRef word, VariableLookup lookup, char escape) {
  if (isPlain(word, escape)) return Expansion{word.str(), {}, {}};
  Expander expander(word, lookup, escape, Mode::Word);
  if (auto error = expander.run()) return inWord(word, std::move(error));
  return Expansion{std::move(expander.text), std::move(expander.used), std::move(expander.unset)};
}

llvm::Expected<std::vector<std::string>> expandWords(llvm::StringRef word, VariableLookup lookup, char escape) {
  Expander expander(word, lookup, escape, Mode::Word);
  expander.split = true;
  if (auto error = expander.run()) return inWord(word, std::move(error));
  expander.endWord();
  return std::move(expander.words);
}

llvm::Expected<Expansion> expandBody(llvm::StringRef body, VariableLookup lookup) {
  Expander expander(body, lookup, '\\', Mode::Body);
  if (auto error = expander.run()) return inWord(body, std::move(error));
  return Expansion{std::move(expander.text), std::move(expander.used), std::move(expander.unset)};
}

void appendForDisplay(std::string& shown, llvm::StringRef text, VariableLookup lookup, char escape) {
  while (!text.empty()) {
    llvm::StringRef plain = text.take_while([escape](char c) { return c != '$' && c != escape; });
    shown += plain;
    text = text.drop_front(plain.size());
    if (text.empty()) break;
    if (text[0] == escape && text.size() > 1) {
      shown += text.take_front(2);
      text = text.drop_front(2);
      continue;
    }
    size_t length = 1;
    std::optional<llvm::StringRef> value;
    if (text[0] == '$') {
      bool braces = text.substr(1, 1) == "{";
      llvm::StringRef name =
          text.drop_front(braces ? 2 : 1).take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
      bool whole = !name.empty() && (!braces || text.substr(2 + name.size(), 1) == "}");
      if (whole) value = lookup(name);
      if (value && shown.size() + value->size() > kMostValueBytes) value = std::nullopt;
      if (value) length = 1 + name.size() + (braces ? 2 : 0);
    }
    shown += value ? *value : text.take_front(1);
    text = text.drop_front(length);
  }
}

}  // namespace strata::builder
