#include "runtime/spec/object_names.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <sys/random.h>
#include <array>
#include <cstdint>

namespace strata::runtime {

namespace {
constexpr size_t kIdBytes = 32;
}

std::string makeObjectId() {
  std::array<uint8_t, kIdBytes> bytes{};
  while (::getrandom(bytes.data(), bytes.size(), 0) != ssize_t(bytes.size())) {
  }
  return llvm::toHex(bytes, /*LowerCase=*/true);
}

bool isObjectName(llvm::StringRef name) {
  auto inner = [](char c) { return llvm::isAlnum(c) || c == '_' || c == '.' || c == '-'; };
  return !name.empty() && llvm::isAlnum(name.front()) && llvm::all_of(name, inner);
}

llvm::json::Object pairsJson(const std::map<std::string, std::string>& pairs) {
  llvm::json::Object object;
  for (const auto& [key, value] : pairs) object[llvm::json::fixUTF8(key)] = llvm::json::fixUTF8(value);
  return object;
}

std::map<std::string, std::string> pairsFrom(const llvm::json::Object* object) {
  std::map<std::string, std::string> pairs;
  if (!object) return pairs;
  for (const auto& [key, value] : *object) pairs[key.str()] = value.getAsString().value_or("").str();
  return pairs;
}

}  // namespace strata::runtime
