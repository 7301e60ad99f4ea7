#include "builder/context/glob.h"

#include "builder/context/rooted_path.h"

#include "builder/context/glob_pattern.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

bool hasWildcard(llvm::StringRef pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i;  // what is quoted is no wildcard, and a name with backslashes alone is a name
    else if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[')
      return true;
  }
  return false;
}

std::string literalPattern(llvm::StringRef path) {
  std::string text;
  for (llvm::StringRef part : pathComponents(path)) {
    if (!text.empty()) text += '/';
    if (!hasWildcard(part)) {
      text += part;
      continue;
    }
    for (char c : part) {
      if (c == '\\')
        text += "[\\\\]";
      else if (c == '*' || c == '?' || c == '[')
        text += std::string("[") + c + "]";
      else
        text += c;
    }
  }
  return text.empty() ? "/" : text;
}

llvm::Expected<bool> matchWildcard(llvm::StringRef pattern, llvm::StringRef path) {
  auto compiled = GlobPattern::compile(pattern);
  if (!compiled) return fault(FaultKind::Invalid, "syntax error in pattern '" + printable(pattern) + "'");
  return compiled->matches(path);
}

}  // namespace strata::builder
