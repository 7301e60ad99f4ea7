#include "builder/frontend/heredoc_words.h"

#include "builder/frontend/unicode.h"

#include <llvm/ADT/StringExtras.h>

#include <climits>
#include <optional>

namespace strata::builder {

namespace {
/// HDOC-4: the name without quotes and escapes. `$` is a character like any other, and '\' the one escape sign
/// (HDOC-6).
std::string plainName(llvm::StringRef word, bool& quoted) {
  std::string name;
  char quote = 0;
  for (size_t i = 0; i < word.size(); ++i) {
    char c = word[i];
    if (c == '\\' && quote != '\'') {
      bool last = i + 1 == word.size();
      bool special = !quote || (!last && llvm::StringRef("\"$\\").contains(word[i + 1]));
      if (!special)
        name += c;
      else if (!last)
        name += word[++i];
    } else if (quote ? c == quote : c == '"' || c == '\'') {
      quote = quote ? 0 : c;
      quoted = true;
    } else {
      name += c;
    }
  }
  return name;
}

/// The digits, "<<" and "-" at the front of a word, if it begins a here-document.
size_t lengthOfHead(llvm::StringRef word) {
  llvm::StringRef rest = word.ltrim("0123456789");
  if (!rest.consume_front("<<")) return 0;
  rest.consume_front("-");
  return word.size() - rest.size();
}

std::optional<HeredocWord> readWord(llvm::StringRef word) {
  size_t head = lengthOfHead(word);
  llvm::StringRef delimiter = trimSpaceLeft(word.drop_front(head));
  if (!head || delimiter.empty() || delimiter.contains('<')) return std::nullopt;
  HeredocWord heredoc{.written = word};
  llvm::StringRef digits = word.take_while([](char c) { return llvm::isDigit(c); });
  if (!digits.empty() && digits.getAsInteger(10, heredoc.fd)) heredoc.fd = UINT_MAX;
  heredoc.stripTabs = word.take_front(head).ends_with("-");
  bool quoted = false;
  heredoc.name = plainName(delimiter, quoted);
  heredoc.expand = !quoted;
  if (heredoc.name.empty()) return std::nullopt;
  return heredoc;
}

/// Goes over a line as a shell does that knows no variable.
class LineScanner {
public:
  explicit LineScanner(llvm::StringRef line) : line_(line) {}

  std::vector<HeredocWord> scan() {
    while (at_ < line_.size()) {
      if (size_t width = spaceWidth(line_.drop_front(at_))) {
        endWord();
        at_ = begin_ = at_ + width;
      } else if (size_t head = at_ == begin_ ? lengthOfHead(line_.drop_front(at_)) : 0) {
        at_ += head;
        goOverBlanks();
      } else if (!goOverOne()) {
        return {};
      }
    }
    endWord();
    return std::move(found_);
  }

private:
  void endWord() {
    if (begin_ == at_) return;
    if (auto heredoc = readWord(line_.slice(begin_, at_))) found_.push_back(std::move(*heredoc));
  }

  /// Blanks may stand between "<<" and the name, and belong to the word.
  void goOverBlanks() {
    size_t behind = line_.find_first_not_of(" \t\r", at_);
    if (behind != llvm::StringRef::npos) at_ = behind;
  }

  /// One character, quoted run or substitution. False: it does not end.
  bool goOverOne() {
    char c = line_[at_];
    if (c == '\\') {
      at_ = std::min(at_ + 2, line_.size());
      return true;
    }
    if (c == '\'') {
      at_ = line_.find('\'', at_ + 1);
      return at_++ != llvm::StringRef::npos;
    }
    if (c == '"') return goOverDoubleQuotes();
    if (c == '$' && line_.substr(at_ + 1, 1) == "{") return goOverBraces();
    ++at_;
    return true;
  }

  bool goOverDoubleQuotes() {
    for (++at_; at_ < line_.size();) {
      if (line_[at_] == '"') {
        ++at_;
        return true;
      }
      bool plain = line_[at_] == '\'';
      if (plain)
        ++at_;
      else if (!goOverOne())
        return false;
    }
    return false;
  }

  bool goOverBraces() {
    for (at_ += 2; at_ < line_.size();) {
      if (line_[at_] == '}') {
        ++at_;
        return true;
      }
      if (++depth_ > kDeepest || !goOverOne()) return false;
      --depth_;
    }
    return false;
  }

  static constexpr int kDeepest = 100;
  llvm::StringRef line_;
  size_t at_ = 0, begin_ = 0;
  int depth_ = 0;
  std::vector<HeredocWord> found_;
};
}  // namespace

std::vector<HeredocWord> findHeredocs(llvm::StringRef line) {
  if (!line.contains("<<")) return {};
  return LineScanner(line).scan();
}

}  // namespace strata::builder
