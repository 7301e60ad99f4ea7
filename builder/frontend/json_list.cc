#include "builder/frontend/json_list.h"

#include "builder/frontend/unicode.h"

#include <llvm/ADT/StringExtras.h>

#include <optional>
#include <vector>

namespace strata::builder {

namespace {
constexpr size_t kDeepestList = 10'000;
constexpr uint32_t kReplacement = 0xfffd;
constexpr llvm::StringLiteral kJsonSpaces = " \t\r\n";

/// Goes over a text once and keeps no tree: only the outer array's strings matter.
class JsonReader {
public:
  JsonReader(llvm::StringRef text, llvm::BumpPtrAllocator& arena) : rest_(text), arena_(arena) {}

  JsonList read() {
    JsonList list;
    list.kind = JsonList::Kind::Strings;
    skipSpaces();
    if (!rest_.starts_with("[") || !readValues(list)) return {};
    skipSpaces();
    if (!rest_.empty()) return {};
    if (list.kind != JsonList::Kind::Strings) list.strings.clear();
    return list;
  }

private:
  void skipSpaces() { rest_ = rest_.ltrim(kJsonSpaces); }
  bool take(char c) { return rest_.consume_front(llvm::StringRef(&c, 1)); }

  /// The outer array to its end, with all that is nested in it. False: not valid.
  bool readValues(JsonList& list) {
    do {  // at a value
      skipSpaces();
      if (take('[') || take('{')) {
        if (open_.size() == kDeepestList) return false;
        open_.push_back(rest_.data()[-1]);
        if (open_.size() > 1) list.kind = JsonList::Kind::OtherValues;
        skipSpaces();
        if (!rest_.starts_with(closing())) {
          if (!readName()) return false;
          continue;
        }
      } else if (!readScalar(list)) {
        return false;
      }
      if (!finish()) return false;
    } while (!open_.empty());
    return true;
  }

  /// Behind a value: what it ends, up to the next value.
  bool finish() {
    for (skipSpaces(); !open_.empty(); skipSpaces()) {
      if (take(',')) return readName();
      if (!rest_.consume_front(closing())) return false;
      open_.pop_back();
    }
    return true;
  }

  llvm::StringRef closing() const { return open_.back() == '[' ? "]" : "}"; }

  /// In an object, up to behind the colon.
  bool readName() {
    if (open_.back() == '[') return true;
    skipSpaces();
    llvm::StringRef name;
    if (!readString(name)) return false;
    skipSpaces();
    return take(':');
  }

  bool readScalar(JsonList& list) {
    if (rest_.starts_with("\"")) {
      llvm::StringRef string;
      if (!readString(string)) return false;
      if (open_.size() == 1) list.strings.push_back(string);
      return true;
    }
    list.kind = JsonList::Kind::OtherValues;
    return rest_.consume_front("true") || rest_.consume_front("false") || rest_.consume_front("null") || readNumber();
  }

  bool readDigits() {
    llvm::StringRef digits = rest_.take_while([](char c) { return llvm::isDigit(c); });
    rest_ = rest_.drop_front(digits.size());
    return !digits.empty();
  }
  bool readNumber() {
    take('-');
    if (!take('0') && !readDigits()) return false;
    if (take('.') && !readDigits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return readDigits();
  }

  bool readString(llvm::StringRef& string) {
    if (!take('"')) return false;
    size_t plain = 0;  // nothing to decode up to here: the usual case, up to the end
    while (plain < rest_.size() && isPlain(rest_[plain])) ++plain;
    if (plain < rest_.size() && rest_[plain] == '"') {
      string = rest_.take_front(plain);
      rest_ = rest_.drop_front(plain + 1);
      return true;
    }
    llvm::SmallString<128> decoded(rest_.take_front(plain));
    rest_ = rest_.drop_front(plain);
    while (!take('"'))
      if (rest_.empty() || !readCharacter(decoded)) return false;
    string = decoded.str().copy(arena_);
    return true;
  }
  static bool isPlain(char c) { return c >= 0x20 && c != '"' && c != '\\'; }  // ASCII

  bool readCharacter(llvm::SmallVectorImpl<char>& into) {
    if (static_cast<unsigned char>(rest_[0]) < 0x20) return false;
    if (take('\\')) return readEscape(into);
    Character character = firstCharacter(rest_);
    appendUtf8(into, character.valid() ? character.point : kReplacement);
    rest_ = rest_.drop_front(character.width);
    return true;
  }

  bool readEscape(llvm::SmallVectorImpl<char>& into) {
    static constexpr llvm::StringLiteral kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (rest_.empty()) return false;
    size_t which = kNames.find(rest_[0]);
    if (which == llvm::StringRef::npos) {
      std::optional<uint32_t> unit = readUnit(rest_);
      if (!unit) return false;
      appendUtf8(into, wholeCharacter(*unit));
      return true;
    }
    into.push_back(kMeanings[which]);
    rest_ = rest_.drop_front();
    return true;
  }

  /// "uXXXX" taken off the front.
  static std::optional<uint32_t> readUnit(llvm::StringRef& text) {
    uint32_t unit = 0;
    if (!text.starts_with("u") || text.size() < 5 || !llvm::all_of(text.slice(1, 5), llvm::isHexDigit) ||
        text.slice(1, 5).getAsInteger(16, unit))
      return std::nullopt;
    text = text.drop_front(5);
    return unit;
  }

  /// The first of two surrogates takes the second along; one alone is none.
  uint32_t wholeCharacter(uint32_t unit) {
    if (unit < 0xd800 || unit > 0xdfff) return unit;
    llvm::StringRef after = rest_;
    if (unit > 0xdbff || !after.consume_front("\\")) return kReplacement;
    std::optional<uint32_t> second = readUnit(after);
    if (!second || *second < 0xdc00 || *second > 0xdfff) return kReplacement;
    rest_ = after;
    return 0x10000 + ((unit - 0xd800) << 10 | (*second - 0xdc00));
  }

  llvm::StringRef rest_;
  llvm::BumpPtrAllocator& arena_;
  std::vector<char> open_;  ///< '[' and '{' not closed yet: no recursion, so that no input ends the stack
};
}  // namespace

JsonList readJsonList(llvm::StringRef text, llvm::BumpPtrAllocator& arena) {
  if (!text.starts_with("[")) return {};
  return JsonReader(text, arena).read();
}

}  // namespace strata::builder
