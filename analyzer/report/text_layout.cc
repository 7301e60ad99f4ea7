#include "analyzer/report/text_layout.h"

#include "support/text.h"

#include <llvm/ADT/SmallVector.h>

#include <algorithm>

namespace strata::analyzer {

namespace {
constexpr size_t kLeastRoom = 24;

bool continuesCharacter(char byte) { return (byte & 0xc0) == 0x80; }

/// The length of at most `most` characters of UTF-8, in bytes.
size_t bytesOf(llvm::StringRef text, size_t most) {
  size_t at = 0;
  for (; at < text.size() && most > 0; --most)
    for (++at; at < text.size() && continuesCharacter(text[at]);) ++at;
  return at;
}
}  // namespace

std::string shortened(llvm::StringRef text, size_t most) {
  std::string shown = printable(text);
  if (most == 0 || bytesOf(shown, most) == shown.size()) return shown;
  most = std::max<size_t>(most, 4);
  return shown.substr(0, bytesOf(shown, most - 3)) + "...";
}

std::string wrapped(llvm::StringRef text, size_t indent, size_t columns) {
  std::string blanks(indent, ' '), lines, line;
  size_t room = columns == 0 ? SIZE_MAX : std::max(columns, indent + kLeastRoom) - indent;
  llvm::SmallVector<llvm::StringRef> words;
  text.split(words, ' ', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef word : words) {
    if (!line.empty() && line.size() + 1 + word.size() > room) {
      lines += blanks + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word.str();
  }
  return line.empty() ? lines : lines + blanks + line + "\n";
}

}  // namespace strata::analyzer
