#include "analyzer/secrets/secret_checks.h"
#include "analyzer/secrets/secret_rules.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {
constexpr size_t kLongestGap = 20;  ///< between a name and its value: `" : "`
constexpr size_t kLongestValue = 2048;
constexpr size_t kLongestUser = 128, kLongestPassword = 256;

bool isBase64(char c) { return llvm::isAlnum(c) || c == '+' || c == '/' || c == '='; }
bool isUrlSafe(char c) { return llvm::isAlnum(c) || c == '_' || c == '-'; }
bool isAzureCharacter(char c) { return isUrlSafe(c) || c == '~' || c == '.'; }

template <typename Predicate>
llvm::StringRef takeWhile(llvm::StringRef text, size_t most, Predicate isPart) {
  text = text.take_front(most);
  return text.take_front(text.find_if([&](char c) { return !isPart(c); }));
}

/// What stands behind the name at `at`: ` = "value`, `: 'value`, `>value`.
llvm::StringRef behindName(llvm::StringRef text, size_t at) {
  llvm::StringRef rest = text.substr(at, kLongestGap + kLongestValue);
  size_t gap = rest.take_front(kLongestGap + 1).find_first_not_of(" \t\"':=>\\");
  return gap == 0 || gap == llvm::StringRef::npos ? llvm::StringRef() : rest.drop_front(gap);
}

SecretSpan valueSpan(llvm::StringRef text, llvm::StringRef secret, std::string shape) {
  return {.begin = size_t(secret.data() - text.data()), .size = secret.size(), .shape = std::move(shape)};
}
}  // namespace

std::optional<SecretSpan> matchAwsSecret(llvm::StringRef text, size_t at, const SecretRule& rule) {
  llvm::StringRef rest = behindName(text, at + rule.anchor.size());
  llvm::StringRef secret = takeWhile(rest, 41, isBase64);
  if (secret.size() != 40 || secret.contains('=') || entropyOf(secret) < 4 || isExample(secret)) return std::nullopt;
  return valueSpan(text, secret, shapeOf(secret));
}

std::optional<SecretSpan> matchAssignedToken(llvm::StringRef text, size_t at, const SecretRule& rule) {
  llvm::StringRef rest = behindName(text, at + rule.anchor.size());
  llvm::StringRef secret = takeWhile(rest, kLongestValue, [](char c) { return isBase64(c) || isAzureCharacter(c); });
  if (secret.size() < 8 || entropyOf(secret) < 2.5 || !isPlausibleValue(secret)) return std::nullopt;
  return valueSpan(text, secret, shapeOf(secret));
}

std::optional<SecretSpan> matchDockerAuth(llvm::StringRef text, size_t at, const SecretRule& rule) {
  llvm::StringRef rest = behindName(text, at + rule.anchor.size());
  llvm::StringRef secret = takeWhile(rest, kLongestValue, isBase64);
  std::string login = decodedBase64(secret, kLongestValue);
  auto [user, password] = llvm::StringRef(login).split(':');
  if (secret.size() < 8 || user.empty() || password.size() < 3) return std::nullopt;
  if (!llvm::all_of(login, llvm::isPrint) || isExample(login)) return std::nullopt;
  return valueSpan(text, secret, "user and password in base64, " + shapeOf(secret));
}

namespace {
struct UrlParts {
  llvm::StringRef user, password, host;
};

bool isUserCharacter(char c) { return llvm::isAlnum(c) || llvm::StringRef("_.-+%~!*=").contains(c); }
bool isPasswordCharacter(char c) { return llvm::isPrint(c) && !llvm::StringRef(" /@\"'`<>{}()[]\\,|").contains(c); }
bool isHostCharacter(char c) { return llvm::isAlnum(c) || c == '.' || c == '-' || c == '_'; }

/// "user:password@host" behind "://".
std::optional<UrlParts> readLogin(llvm::StringRef rest) {
  UrlParts parts;
  parts.user = takeWhile(rest, kLongestUser, isUserCharacter);
  rest = rest.drop_front(parts.user.size());
  if (!rest.consume_front(":")) return std::nullopt;
  parts.password = takeWhile(rest, kLongestPassword, isPasswordCharacter);
  rest = rest.drop_front(parts.password.size());
  if (!rest.consume_front("@")) return std::nullopt;
  parts.host = takeWhile(rest, 255, isHostCharacter);
  if (parts.password.size() < 3 || parts.host.empty()) return std::nullopt;
  return parts;
}

/// What manuals write in place of a password or a host.
bool isFromManual(const UrlParts& parts) {
  static constexpr llvm::StringLiteral words[] = {
      "pass", "pwd", "pw",   "passw0rd", "pass123", "password123", "hunter2", "foo",        "bar",     "baz",
      "abc",  "123", "1234", "xxx",      "pass1",   "p4ssw0rd",    "mypass",  "mypassword", "passwort"};
  llvm::StringRef password = parts.password, host = parts.host;
  if (llvm::any_of(words, [&](llvm::StringRef word) { return password.equals_insensitive(word); })) return true;
  if (parts.user == password || !isPlausibleValue(password)) return true;
  if (password.contains('$') || password.contains("...") || password.starts_with("%s")) return true;
  return host.contains_insensitive("example") || host.ends_with(".test") || host.ends_with(".invalid") ||
         host == "host" || host == "hostname" || host == "server" || host == "localhost" || host == "127.0.0.1";
}

bool hasScheme(llvm::StringRef text, size_t at) {
  llvm::StringRef before = text.slice(at < 20 ? 0 : at - 20, at);
  size_t begin = before.find_last_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
  llvm::StringRef scheme = before.substr(begin + 1);
  return scheme.size() >= 2 && llvm::isAlpha(scheme.front());
}
}  // namespace

std::optional<SecretSpan> matchUrlPassword(llvm::StringRef text, size_t at, const SecretRule& rule) {
  auto parts = readLogin(text.substr(at + rule.anchor.size()));
  if (!parts || !hasScheme(text, at) || isFromManual(*parts)) return std::nullopt;
  return valueSpan(text, parts->password, "a password of " + shapeOf(parts->password));
}

/// Three characters, the digit that tells the generation, "Q~", and the rest.
std::optional<SecretSpan> matchAzureSecret(llvm::StringRef text, size_t at, const SecretRule& rule) {
  if (at < 3 || !llvm::all_of(text.substr(at - 3, 3), isAzureCharacter)) return std::nullopt;
  if (at > 3 && isAzureCharacter(text[at - 4])) return std::nullopt;
  llvm::StringRef rest = takeWhile(text.substr(at + rule.anchor.size()), 40, isAzureCharacter);
  if (rest.size() < 31 || rest.size() > 34 || entropyOf(rest) < 3.5 || isExample(rest)) return std::nullopt;
  llvm::StringRef secret = text.substr(at - 3, 3 + rule.anchor.size() + rest.size());
  return valueSpan(text, secret, shapeOf(secret));
}

/// "sk-", letters, the anchor in the middle, letters.
std::optional<SecretSpan> matchMiddle(llvm::StringRef text, size_t at, const SecretRule& rule) {
  llvm::StringRef before = text.slice(at < 200 ? 0 : at - 200, at);
  size_t size = 0;
  while (size < before.size() && isUrlSafe(before[before.size() - 1 - size])) ++size;
  llvm::StringRef rest = takeWhile(text.substr(at + rule.anchor.size()), 200, isUrlSafe);
  llvm::StringRef secret = text.substr(at - size, size + rule.anchor.size() + rest.size());
  if (!secret.starts_with("sk-") || size < 20 || rest.size() < 20 || isExample(secret)) return std::nullopt;
  return valueSpan(text, secret, shapeOf(secret, 3));
}

}  // namespace strata::analyzer
