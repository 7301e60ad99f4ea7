#include "cli/key_values.h"

#include <llvm/ADT/StringRef.h>

namespace strata::cli {

std::map<std::string, std::string> pairsFrom(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> pairs;
  for (llvm::StringRef text : texts) {
    auto [key, value] = text.split('=');
    pairs[key.str()] = value.str();
  }
  return pairs;
}

}  // namespace strata::cli
