#include "analyzer/secrets/secret_checks.h"
#include "analyzer/secrets/secret_rules.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/Endian.h>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kDashes = "-----";
constexpr size_t kSmallestKey = 40;          ///< characters of base64: an Ed25519 key has 64
constexpr size_t kLongestLabel = 40;         ///< "PGP PRIVATE KEY BLOCK"
constexpr size_t kLongestPublicPart = 4096;  ///< of a file of PuTTY, with all that stands before the private part
constexpr size_t kLongestHeaders = 512;      ///< "Proc-Type: 4,ENCRYPTED" and the like

struct Pem {
  llvm::StringRef label;    ///< "RSA PRIVATE KEY"
  llvm::StringRef headers;  ///< lines before the body; mostly empty
  llvm::StringRef body;
  size_t begin = 0, end = 0;  ///< in the text, with both marks
};

/// Line ends as text has them, and as JSON writes them.
size_t lineEndAt(llvm::StringRef rest) {
  for (llvm::StringRef end : {"\r\n", "\n", "\\r\\n", "\\n", " "})
    if (rest.starts_with(end)) return end.size();
  return 0;
}

bool isBody(char c) { return llvm::isAlnum(c) || c == '+' || c == '/' || c == '='; }

/// Lines such as "Proc-Type: 4,ENCRYPTED", up to an empty one.
llvm::StringRef headersOf(llvm::StringRef rest) {
  llvm::StringRef first = rest.take_front(rest.find_first_of("\n\\"));
  if (!first.contains(": ")) return {};
  size_t end = std::min({rest.find("\n\n"), rest.find("\n\r\n"), rest.find("\\n\\n")});
  return end > kLongestHeaders ? llvm::StringRef() : rest.take_front(end);
}

llvm::StringRef bodyOf(llvm::StringRef rest) {
  size_t at = 0;
  while (at < rest.size()) {
    size_t gap = isBody(rest[at]) ? 1 : lineEndAt(rest.substr(at));
    if (gap == 0) break;
    at += gap;
  }
  return rest.take_front(at);
}

/// For an anchor "BEGIN ".
std::optional<Pem> readPem(llvm::StringRef text, size_t at) {
  if (at < kDashes.size() || !text.substr(at - kDashes.size()).starts_with(kDashes)) return std::nullopt;
  Pem pem{.begin = at - kDashes.size()};
  llvm::StringRef rest = text.substr(at, kSecretAhead);
  rest.consume_front("BEGIN ");
  pem.label = rest.take_front(rest.take_front(kLongestLabel).find(kDashes));
  if (!rest.consume_front(pem.label) || !rest.consume_front(kDashes)) return std::nullopt;
  if (!pem.label.ends_with("PRIVATE KEY") && !pem.label.ends_with("PRIVATE KEY BLOCK")) return std::nullopt;
  size_t gap = lineEndAt(rest);
  if (gap == 0) return std::nullopt;
  rest = rest.drop_front(gap);
  pem.headers = headersOf(rest);
  rest = rest.drop_front(pem.headers.size());
  pem.body = bodyOf(rest);
  if (pem.body.size() < kSmallestKey) return std::nullopt;
  llvm::StringRef below = rest.drop_front(pem.body.size());
  if (below.consume_front(kDashes)) {
    size_t mark = below.take_front(2 * kLongestLabel).find(kDashes);
    if (mark != llvm::StringRef::npos) below = below.drop_front(mark + kDashes.size());
  }
  pem.end = size_t(below.data() - text.data());
  return pem;
}

/// Whether the body is what the label says, which texts about keys seldom are; and whether it is protected.
struct KeyCheck {
  bool isKey = false, isProtected = false;
};

KeyCheck checkOpenSsh(llvm::StringRef bytes) {
  static constexpr char magic[] = "openssh-key-v1";  // with the zero at its end
  if (!bytes.consume_front(llvm::StringRef(magic, sizeof magic)) || bytes.size() < 8) return {};
  uint32_t size = llvm::support::endian::read32be(bytes.data());
  return {.isKey = true, .isProtected = bytes.substr(4, size) != "none"};
}

KeyCheck check(const Pem& pem) {
  std::string bytes = decodedBase64(pem.body.ltrim(" \n\r\\"), 64);
  if (bytes.empty()) return {};
  if (pem.label.starts_with("OPENSSH")) return checkOpenSsh(bytes);
  if (pem.label.starts_with("PGP")) return {.isKey = (bytes[0] & 0x80) != 0};  // a packet. Source: RFC 9580, 4.2
  if (pem.headers.contains("ENCRYPTED")) return {.isKey = true, .isProtected = true};
  bool isDer = bytes[0] == 0x30;  // SEQUENCE
  return {.isKey = isDer, .isProtected = pem.label.starts_with("ENCRYPTED")};
}

SecretSpan keySpan(size_t begin, size_t end, bool isProtected) {
  SecretSpan span{.begin = begin, .size = end - begin, .weak = isProtected};
  if (isProtected) span.note = "protected by a passphrase";
  return span;
}
}  // namespace

std::optional<SecretSpan> matchPem(llvm::StringRef text, size_t at, const SecretRule&) {
  auto pem = readPem(text, at);
  if (!pem) return std::nullopt;
  KeyCheck checked = check(*pem);
  if (!checked.isKey) return std::nullopt;
  SecretSpan span = keySpan(pem->begin, pem->end, checked.isProtected);
  span.shape = pem->label.str() + " of " + shapeOf(pem->body);
  return span;
}

std::optional<SecretSpan> matchCloudKey(llvm::StringRef text, size_t at, const SecretRule& rule) {
  size_t from = at < 64 ? 0 : at - 64;
  llvm::StringRef before = text.slice(from, at).rtrim("-");
  if (!before.consume_back("\"")) return std::nullopt;
  before = before.rtrim(" \t\r\n");
  if (!before.consume_back(":") || !before.rtrim(" \t\r\n").ends_with("\"private_key\"")) return std::nullopt;
  return matchPem(text, at, rule);
}

std::optional<SecretSpan> matchEncodedPem(llvm::StringRef text, size_t at, const SecretRule&) {
  if (at > 0 && isBody(text[at - 1])) return std::nullopt;
  llvm::StringRef rest = text.substr(at, kSecretAhead);
  llvm::StringRef body = rest.take_front(rest.find_if([](char c) { return !isBody(c); }));
  std::string bytes = decodedBase64(body, kSecretAhead);
  auto pem = readPem(bytes, kDashes.size());
  if (!pem) return std::nullopt;
  KeyCheck checked = check(*pem);
  if (!checked.isKey) return std::nullopt;
  SecretSpan span = keySpan(at, at + body.size(), checked.isProtected);
  span.shape = pem->label.str() + " in base64, " + shapeOf(body);
  return span;
}

/// Source: the file format as PuTTY's manual has it, appendix C.
std::optional<SecretSpan> matchPutty(llvm::StringRef text, size_t at, const SecretRule&) {
  llvm::StringRef rest = text.substr(at, kSecretAhead);
  size_t encryption = rest.take_front(kLongestHeaders).find("\nEncryption: ");
  if (encryption == llvm::StringRef::npos) return std::nullopt;
  size_t lines = rest.take_front(kLongestPublicPart).find("\nPrivate-Lines: ", encryption);
  if (lines == llvm::StringRef::npos) return std::nullopt;
  size_t end = std::min(rest.find("\nPrivate-MAC:", lines), rest.size());
  bool isProtected = !rest.substr(encryption).starts_with("\nEncryption: none");
  SecretSpan span = keySpan(at, at + end, isProtected);
  span.shape = shapeOf(rest.take_front(span.size), llvm::StringRef("PuTTY-User-Key-File-2").size());
  return span;
}

}  // namespace strata::analyzer
