#include "analyzer/image/instruction_text.h"

namespace strata::analyzer {

std::string instructionOf(llvm::StringRef createdBy) {
  llvm::StringRef text = createdBy.trim();
  text.consume_back(" # buildkit");
  if (text.consume_front("/bin/sh -c #(nop)")) return text.ltrim().str();
  bool run = text.consume_front("RUN ");
  if (run && text.consume_front("|")) {  // "|2 A=1 B=2 /bin/sh -c ...": values may hold blanks
    size_t shell = text.find("/bin/sh -c ");
    if (shell != llvm::StringRef::npos) text = text.substr(shell);
  }
  run |= text.consume_front("/bin/sh -c ");
  return (run ? "RUN " : "") + text.str();
}

std::string onOneLine(llvm::StringRef text) {
  std::string line;
  for (text = text.trim('\n'); !text.empty();) {
    auto [first, rest] = text.split('\n');
    line += (line.empty() ? "" : "; ") + first.str();
    text = rest.ltrim('\n');
  }
  return line;
}

}  // namespace strata::analyzer
