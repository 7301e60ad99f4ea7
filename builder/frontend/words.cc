#include "builder/frontend/words.h"

#include "builder/frontend/unicode.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

Words splitBlanks(llvm::StringRef text) {
  Words words;
  for (size_t i = 0; i < text.size();) {
    size_t begin = i;
    while (i < text.size() && !isBlank(text[i])) ++i;
    if (i > begin) words.push_back(text.slice(begin, i));
    while (i < text.size() && isBlank(text[i])) ++i;
  }
  return words;
}

Words splitQuoted(llvm::StringRef text, char escape) {
  Words words;
  size_t begin = llvm::StringRef::npos;  // of the word that we are in
  char quote = 0;
  auto end = [&](size_t at) {
    if (begin < at) words.push_back(text.slice(begin, at));
    begin = llvm::StringRef::npos;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (size_t width = quote ? 0 : spaceWidth(text.drop_front(i))) {
      end(i);
      i += width - 1;
      continue;
    }
    if (begin == llvm::StringRef::npos) begin = i;
    if (c == escape && quote != '\'') {
      if (++i == text.size()) {  // as the very last character it is dropped
        end(i - 1);
        return words;
      }
    } else if (quote ? c == quote : c == '"' || c == '\'') {
      quote = quote ? 0 : c;
    }
  }
  end(text.size());
  return words;
}

namespace {
/// One flag off the front of a text that begins with it; `text` is what is behind it then.
Flags::Flag takeFlag(llvm::StringRef& text, char escape, llvm::BumpPtrAllocator& arena) {
  llvm::SmallString<128> plain;
  char quote = 0;
  size_t i = 0;
  for (; i < text.size() && (quote || !llvm::isSpace(text[i])); ++i) {
    char c = text[i];
    if (c == escape) {
      if (i + 1 < text.size()) plain.push_back(text[++i]);
    } else if (quote ? c == quote : c == '"' || c == '\'') {
      quote = quote ? 0 : c;
    } else {
      plain.push_back(c);
    }
  }
  Flags::Flag flag{.written = text.take_front(i)};
  flag.text = flag.written == plain.str() ? flag.written : plain.str().copy(arena);
  text = text.drop_front(i);
  return flag;
}
}  // namespace

Flags splitFlags(llvm::StringRef text, char escape, llvm::BumpPtrAllocator& arena) {
  Flags result;
  auto goOverSpaces = [&] {
    while (!text.empty() && llvm::isSpace(text[0])) text = text.drop_front();
  };
  for (goOverSpaces(); text.starts_with("--"); goOverSpaces()) {
    Flags::Flag flag = takeFlag(text, escape, arena);
    if (flag.text == "--") {
      goOverSpaces();
      break;
    }
    result.flags.push_back(flag);
  }
  result.rest = text;
  return result;
}

}  // namespace strata::builder
