#include "builder/frontend/pattern.h"

#include "support/fault.h"

#include <llvm/Support/ConvertUTF.h>

namespace strata::builder {

llvm::Expected<ShellPattern> ShellPattern::parse(llvm::StringRef text) {
  ShellPattern pattern;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '*') {
      if (pattern.tokens_.empty() || pattern.tokens_.back().kind != Kind::Many) pattern.tokens_.push_back({Kind::Many});
    } else if (c == '?') {
      pattern.tokens_.push_back({Kind::One});
    } else if (c == '\\') {
      if (i + 1 == text.size() || !llvm::StringRef("*?\\}/").contains(text[i + 1]))
        return fault(FaultKind::Invalid, "invalid escape in pattern '" + text + "'");
      pattern.tokens_.push_back({Kind::Byte, text[++i]});
    } else {
      pattern.tokens_.push_back({Kind::Byte, c});
    }
  }
  return pattern;
}

/// Runs all alternatives at once over the text, so that no pattern takes more than tokens times bytes.
std::vector<size_t> ShellPattern::matches(llvm::StringRef text) const {
  std::vector<size_t> lengths;
  std::vector<char> at(tokens_.size() + 1), next;
  at[0] = 1;
  auto spread = [&](std::vector<char>& states) {  // a '*' may match nothing
    for (size_t t = 0; t < tokens_.size(); ++t)
      if (states[t] && tokens_[t].kind == Kind::Many) states[t + 1] = 1;
  };
  spread(at);
  size_t i = 0;
  for (;;) {
    if (at.back()) lengths.push_back(i);
    if (i == text.size()) return lengths;
    // One character may be several bytes; what is no UTF-8 counts byte by byte.
    size_t width = std::min<size_t>(llvm::getNumBytesForUTF8(llvm::UTF8(text[i])), text.size() - i);
    const auto* begin = reinterpret_cast<const llvm::UTF8*>(text.data() + i);
    if (width > 1 && !llvm::isLegalUTF8Sequence(begin, begin + width)) width = 1;
    if (width == 1) {
      next.assign(at.size(), 0);
      bool alive = false;
      for (size_t t = 0; t < tokens_.size(); ++t) {
        if (!at[t]) continue;
        if (tokens_[t].kind == Kind::Many) next[t] = 1;
        if (tokens_[t].kind == Kind::One || (tokens_[t].kind == Kind::Byte && tokens_[t].byte == text[i]))
          next[t + 1] = 1;
      }
      spread(next);
      at.swap(next);
      for (char state : at) alive |= state != 0;
      if (!alive) return lengths;
      ++i;
      continue;
    }
    // Wide: a '?' or '*' takes it whole, literal bytes one after the other.
    std::vector<char> wide(at.size(), 0), literal = at;
    for (size_t t = 0; t < tokens_.size(); ++t) {
      if (!at[t]) continue;
      if (tokens_[t].kind == Kind::Many) wide[t] = 1;
      if (tokens_[t].kind == Kind::One) wide[t + 1] = 1;
    }
    for (size_t b = 0; b < width; ++b) {
      next.assign(at.size(), 0);
      for (size_t t = 0; t < tokens_.size(); ++t)
        if (literal[t] && tokens_[t].kind == Kind::Byte && tokens_[t].byte == text[i + b]) next[t + 1] = 1;
      if (b + 1 < width) spread(next);
      literal.swap(next);
    }
    bool alive = false;
    for (size_t t = 0; t < at.size(); ++t) {
      at[t] = wide[t] | literal[t];
      alive |= at[t] != 0;
    }
    spread(at);
    if (!alive) return lengths;
    i += width;
  }
}

std::string ShellPattern::withoutPrefix(llvm::StringRef value, bool longest) const {
  std::vector<size_t> lengths = matches(value);
  if (lengths.empty()) return value.str();
  return value.drop_front(longest ? lengths.back() : lengths.front()).str();
}

std::string ShellPattern::withoutSuffix(llvm::StringRef value, bool longest) const {
  auto matchesFrom = [&](size_t begin) {
    std::vector<size_t> lengths = matches(value.drop_front(begin));
    return !lengths.empty() && lengths.back() == value.size() - begin;
  };
  for (size_t i = 0; i <= value.size(); ++i) {
    size_t begin = longest ? i : value.size() - i;
    if (matchesFrom(begin)) return value.take_front(begin).str();
  }
  return value.str();
}

std::string ShellPattern::replaced(llvm::StringRef value, llvm::StringRef by, bool all) const {
  std::string result;
  if (tokens_.empty()) return (by + value).str();
  size_t i = 0;
  while (i < value.size()) {
    std::vector<size_t> lengths = matches(value.drop_front(i));
    if (lengths.empty() || lengths.back() == 0) {
      result += value[i++];
      continue;
    }
    result += by;
    i += lengths.back();
    if (!all) break;
  }
  return result + value.drop_front(i).str();
}

}  // namespace strata::builder
