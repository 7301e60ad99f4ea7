#include "registry/transport/challenge.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::registry {

namespace {
bool isTokenChar(char c) { return llvm::isAlnum(c) || llvm::StringRef("!#$%&'*+-.^_`|~/").contains(c); }

std::string takeToken(llvm::StringRef& rest) {
  llvm::StringRef token = rest.take_while(isTokenChar);
  rest = rest.drop_front(token.size()).ltrim(" \t");
  return token.str();
}

std::string takeValue(llvm::StringRef& rest) {
  if (!rest.consume_front("\"")) return takeToken(rest);
  std::string value;
  while (!rest.empty() && rest[0] != '"') {
    if (rest[0] == '\\' && rest.size() > 1) rest = rest.drop_front();
    value += rest[0];
    rest = rest.drop_front();
  }
  rest.consume_front("\"");
  rest = rest.ltrim(" \t");
  return value;
}
}  // namespace

std::vector<Challenge> parseChallenges(llvm::StringRef header) {
  std::vector<Challenge> challenges;
  llvm::StringRef rest = header;
  while (true) {
    rest = rest.ltrim(" \t,");
    std::string token = takeToken(rest);
    if (token.empty()) return challenges;
    if (rest.consume_front("=")) {  // a parameter of the challenge before it
      rest = rest.ltrim(" \t");
      std::string value = takeValue(rest);
      if (!challenges.empty()) challenges.back().parameters[llvm::StringRef(token).lower()] = value;
    } else {
      challenges.push_back({.scheme = llvm::StringRef(token).lower(), .parameters = {}});
    }
  }
}

}  // namespace strata::registry
