#include "builder/frontend/words.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

namespace {
bool isBlank(char c) { return llvm::isSpace(c); }
}  // namespace

std::vector<WordSpan> splitBlanks(llvm::StringRef text) {
  std::vector<WordSpan> words;
  for (size_t i = 0; i < text.size();) {
    size_t begin = i;
    while (i < text.size() && !isBlank(text[i])) ++i;
    if (i > begin) words.push_back({text.slice(begin, i), begin});
    while (i < text.size() && isBlank(text[i])) ++i;
  }
  return words;
}

std::vector<std::string> splitQuoted(llvm::StringRef text, char escape, std::vector<size_t>& offsets) {
  std::vector<std::string> words;
  std::string word;
  bool inWord = false;
  char quote = 0;
  auto end = [&] {
    if (inWord) words.push_back(std::move(word));
    word.clear();
    inWord = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (!quote && isBlank(c)) {
      end();
      continue;
    }
    if (!inWord) offsets.push_back(i);
    inWord = true;
    if (c == escape && quote != '\'') {
      if (i + 1 == text.size()) break;  // as the very last character it is dropped
      word += c;
      word += text[++i];
      continue;
    }
    if (quote ? c == quote : c == '"' || c == '\'') quote = quote ? 0 : c;
    word += c;
  }
  end();
  offsets.resize(words.size());
  return words;
}

Flags splitFlags(llvm::StringRef text, char escape) {
  Flags result;
  size_t i = 0;
  auto skipBlanks = [&] {
    while (i < text.size() && isBlank(text[i])) ++i;
  };
  for (;;) {
    skipBlanks();
    result.restOffset = i;
    if (!text.substr(i).starts_with("--")) return result;
    Flags::Flag flag{.begin = i};
    char quote = 0;
    for (; i < text.size() && (quote || !isBlank(text[i])); ++i) {
      char c = text[i];
      if (c == escape) {
        if (i + 1 < text.size()) flag.text += text[++i];
      } else if (quote ? c == quote : c == '"' || c == '\'') {
        quote = quote ? 0 : c;
      } else {
        flag.text += c;
      }
    }
    flag.end = i;
    if (flag.text == "--") {
      skipBlanks();
      result.restOffset = i;
      return result;
    }
    result.flags.push_back(std::move(flag));
  }
}

std::optional<HeredocWord> parseHeredocWord(llvm::StringRef word) {
  HeredocWord heredoc;
  llvm::StringRef digits = word.take_while([](char c) { return llvm::isDigit(c); });
  word = word.drop_front(digits.size());
  if (!word.consume_front("<<")) return std::nullopt;
  if (!digits.empty() && digits.getAsInteger(10, heredoc.fd)) return std::nullopt;
  heredoc.stripTabs = word.consume_front("-");
  word = word.ltrim();
  if (word.empty() || word.contains('<')) return std::nullopt;
  char quote = 0;
  for (size_t i = 0; i < word.size(); ++i) {
    char c = word[i];
    if (c == '\\' && quote != '\'') {
      bool special = !quote || (i + 1 < word.size() && llvm::StringRef("\"$\\").contains(word[i + 1]));
      if (special && i + 1 < word.size())
        heredoc.name += word[++i];
      else if (quote)
        heredoc.name += c;
    } else if (quote ? c == quote : c == '"' || c == '\'') {
      quote = quote ? 0 : c;
      heredoc.expand = false;
    } else {
      heredoc.name += c;
    }
  }
  if (heredoc.name.empty()) return std::nullopt;
  return heredoc;
}

std::vector<HeredocWord> findHeredocs(llvm::StringRef line) {
  std::vector<HeredocWord> found;
  if (!line.contains("<<")) return found;
  size_t begin = 0;
  char quote = 0;
  auto take = [&](size_t end) {
    if (auto heredoc = parseHeredocWord(line.slice(begin, end))) found.push_back(std::move(*heredoc));
  };
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (c == '\\' && quote != '\'') {
      ++i;
    } else if (quote) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (isBlank(c)) {
      llvm::StringRef word = line.slice(begin, i).rtrim();
      if (word.ltrim("0123456789") == "<<" || word.ltrim("0123456789") == "<<-") continue;  // blanks may follow
      take(i);
      begin = i + 1;
    }
  }
  if (quote) return {};
  if (begin < line.size()) take(line.size());
  return found;
}

}  // namespace strata::builder
