#include "analyzer/packages/field_lines.h"

namespace strata::analyzer {

llvm::StringRef takeStanza(llvm::StringRef& rest) {
  rest = rest.ltrim("\r\n");
  size_t end = 0;
  for (llvm::StringRef lines = rest; !lines.empty();) {
    auto [line, next] = lines.split('\n');
    if (line.rtrim('\r').empty()) break;
    end += line.size() + (next.data() ? 1 : 0);
    end = std::min(end, rest.size());
    lines = next;
  }
  llvm::StringRef stanza = rest.take_front(end);
  rest = rest.drop_front(end);
  return stanza;
}

llvm::StringRef fieldOf(llvm::StringRef stanza, llvm::StringRef name) {
  while (!stanza.empty()) {
    auto [line, next] = stanza.split('\n');
    if (line.size() > name.size() && line[name.size()] == ':' && line.take_front(name.size()).equals_insensitive(name))
      return line.drop_front(name.size() + 1).trim();
    stanza = next;
  }
  return {};
}

}  // namespace strata::analyzer
