#include "analyzer/secrets/secret_checks.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/CRC.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

namespace strata::analyzer {

namespace {

// --- Encodings ---

std::optional<unsigned> base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return unsigned(c - 'A');
  if (c >= 'a' && c <= 'z') return unsigned(c - 'a' + 26);
  if (c >= '0' && c <= '9') return unsigned(c - '0' + 52);
  if (c == '+' || c == '-') return 62u;
  if (c == '/' || c == '_') return 63u;
  return std::nullopt;
}

/// The number of characters that stand between two of base64 here; 0: none.
size_t gapAt(llvm::StringRef rest) {
  if (llvm::isSpace(rest.front())) return 1;
  return rest.starts_with("\\n") || rest.starts_with("\\r") ? 2 : 0;
}

std::string base62(uint32_t number) {
  static constexpr llvm::StringLiteral digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text(6, '0');
  for (size_t at = text.size(); at-- > 0; number /= 62) text[at] = digits[number % 62];
  return text;
}

// --- Words ---

constexpr llvm::StringLiteral kExampleWords[] = {"example", "xxxx",   "yyyy",    "placeholder", "changeme", "redacted",
                                                 "dummy",   "sample", "1234567", "abcdefg",     "0000000",  "your"};
constexpr llvm::StringLiteral kEmptyValues[] = {
    "true",      "false",   "yes",    "no",       "on",       "off",      "none",   "null",     "nil",
    "undefined", "default", "unset",  "disabled", "enabled",  "password", "passwd", "secret",   "token",
    "change",    "todo",    "string", "optional", "required", "prompt",   "ask",    "username", "user"};

/// Words that call something secret, alone or with the word before them.
constexpr llvm::StringLiteral kSecretWords[] = {"password",   "passwd",      "passphrase", "pwd",       "pword",
                                                "secret",     "secrets",     "token",      "apikey",    "pass",
                                                "credential", "credentials", "privatekey", "accesskey", "authtoken"};
constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> kSecretPairs[] = {
    {"api", "key"},        {"access", "key"}, {"private", "key"}, {"account", "key"},
    {"encryption", "key"}, {"master", "key"}, {"signing", "key"}};
/// Words that tell something about a secret when they come last.
constexpr llvm::StringLiteral kAboutWords[] = {
    "file",    "path",     "dir",        "url",     "uri",    "name",  "id",     "length",   "len",     "ttl",
    "expiry",  "expires",  "expiration", "timeout", "policy", "type",  "prompt", "reset",    "min",     "max",
    "enabled", "required", "regex",      "pattern", "hint",   "field", "header", "endpoint", "command", "cmd",
    "helper",  "version",  "count",      "limit",   "arn",    "store", "manager"};

/// "dbPassword_FILE" -> db, password, file.
llvm::SmallVector<std::string, 8> nameWords(llvm::StringRef name) {
  llvm::SmallVector<std::string, 8> words;
  char before = 0;
  for (char c : name) {
    bool begins = llvm::isUpper(c) && llvm::isLower(before);
    if (words.empty() || begins || (llvm::isAlnum(c) && !llvm::isAlnum(before))) words.emplace_back();
    if (llvm::isAlnum(c)) words.back() += llvm::toLower(c);
    before = c;
  }
  llvm::erase_if(words, [](const std::string& word) { return word.empty(); });
  return words;
}

bool hasVariable(llvm::StringRef value) {
  return value.contains("${") || value.contains("$(") || value.contains("{{") || value.starts_with("$") ||
         value.starts_with("%") || value.starts_with("<") || value.starts_with("[") || value.starts_with("{");
}

bool isPath(llvm::StringRef value) {
  return value.starts_with("/") || value.starts_with("./") || value.starts_with("../") || value.starts_with("~/") ||
         value.starts_with("file:");
}

}  // namespace

double entropyOf(llvm::StringRef text) {
  if (text.empty()) return 0;
  std::array<size_t, 256> counts{};
  for (unsigned char c : text) ++counts[c];
  double bits = 0;
  for (size_t count : counts)
    if (count > 0) bits -= double(count) / double(text.size()) * std::log2(double(count) / double(text.size()));
  return bits;
}

bool hasCrc32(llvm::StringRef token, size_t prefix) {
  if (token.size() < prefix + 6) return false;
  llvm::StringRef body = token.drop_front(prefix).drop_back(6);
  return token.ends_with(base62(llvm::crc32(llvm::arrayRefFromStringRef(body))));
}

std::string decodedBase64(llvm::StringRef text, size_t most) {
  std::string bytes;
  uint32_t bits = 0;
  unsigned held = 0;
  for (size_t at = 0; at < text.size() && bytes.size() < most;) {
    if (size_t gap = gapAt(text.substr(at))) {
      at += gap;
      continue;
    }
    auto value = base64Value(text[at++]);
    if (!value) break;
    bits = bits << 6 | *value;
    if ((held += 6) < 8) continue;
    held -= 8;
    bytes += char(bits >> held & 0xff);
  }
  return bytes;
}

bool isExample(llvm::StringRef token) {
  return llvm::any_of(kExampleWords, [&](llvm::StringRef word) { return token.contains_insensitive(word); });
}

bool isPlausibleValue(llvm::StringRef value) {
  value = value.trim();
  if (value.size() < 4 || isPath(value) || hasVariable(value)) return false;
  if (value.find_first_not_of(value.front()) == llvm::StringRef::npos) return false;
  if (isExample(value) || value.starts_with("***")) return false;  // the latter was taken out already
  return llvm::none_of(kEmptyValues, [&](llvm::StringRef word) { return value.equals_insensitive(word); });
}

bool isSecretName(llvm::StringRef name) {
  if (name.size() > 256) return false;
  auto words = nameWords(name);
  if (words.empty() || llvm::is_contained(words, "public") || llvm::is_contained(kAboutWords, words.back()))
    return false;
  for (size_t at = 0; at < words.size(); ++at) {
    if (llvm::is_contained(kSecretWords, words[at])) return true;
    for (const auto& [first, second] : kSecretPairs)
      if (at > 0 && words[at - 1] == first && words[at] == second) return true;
  }
  return false;
}

std::string shapeOf(llvm::StringRef secret, size_t shown) {
  std::string prefix = shown == 0 ? "" : secret.take_front(shown).str() + "... ";
  std::string length = std::to_string(secret.size()) + " characters";
  return prefix.empty() ? length : prefix + "(" + length + ")";
}

}  // namespace strata::analyzer
