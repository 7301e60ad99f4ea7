#include "registry/reference.h"

#include "support/fault.h"
#include "support/url.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::registry {

namespace {

constexpr llvm::StringLiteral kDefaultDomain = "docker.io";
constexpr llvm::StringLiteral kDefaultNamespace = "library/";
constexpr size_t kLongestTag = 128;
constexpr size_t kLongestName = 255;  // domain, '/' and path

bool isLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || llvm::isDigit(c); }

/// Letters and digits with hyphens inside.
bool isDomainComponent(llvm::StringRef text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '-'; });
}

bool isPort(llvm::StringRef text) { return !text.empty() && llvm::all_of(text, llvm::isDigit); }

/// "[::1]" of an address with its port perhaps, or host names with dots.
bool isDomain(llvm::StringRef text) {
  if (text.consume_front("[")) {
    auto [address, port] = text.split(']');
    bool known = !address.empty() && llvm::all_of(address, [](char c) { return llvm::isHexDigit(c) || c == ':'; });
    return known && text.contains(']') && (port.empty() || (port.consume_front(":") && isPort(port)));
  }
  auto [host, port] = text.split(':');
  if (text.contains(':') && !isPort(port)) return false;
  llvm::SmallVector<llvm::StringRef> components;
  host.split(components, '.');
  return llvm::all_of(components, isDomainComponent);
}

/// Lower-case letters and digits, separated by one '.', one or two '_', or any number of '-'.
bool isPathComponent(llvm::StringRef text) {
  if (text.empty() || !isLowerOrDigit(text.front()) || !isLowerOrDigit(text.back())) return false;
  while (!text.empty()) {
    text = text.drop_while(isLowerOrDigit);
    llvm::StringRef separator = text.take_until(isLowerOrDigit);
    bool known = separator.empty() || separator == "." || separator == "_" || separator == "__" ||
                 llvm::all_of(separator, [](char c) { return c == '-'; });
    if (!known) return false;
    text = text.drop_front(separator.size());
  }
  return true;
}

bool isPath(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> components;
  text.split(components, '/');
  return llvm::all_of(components, isPathComponent);
}

bool isTag(llvm::StringRef text) {
  auto inner = [](char c) { return llvm::isAlnum(c) || c == '_' || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= kLongestTag && text.front() != '.' && text.front() != '-' &&
         llvm::all_of(text, inner);
}

bool isImageId(llvm::StringRef text) { return text.size() == 64 && llvm::all_of(text, llvm::isHexDigit); }

llvm::Error badReference(llvm::StringRef text) {
  return fault(FaultKind::Invalid, "invalid reference format: '" + text + "'");
}

/// What stands before the first '/' is a domain only if it looks like one: "user/app" is a path.
bool looksLikeDomain(llvm::StringRef head) {
  return head.find_first_of(".:") != llvm::StringRef::npos || head == "localhost" || head.lower() != head;
}

/// Splits "[domain/]path" and fills in docker's defaults.
void splitName(llvm::StringRef name, Reference& reference) {
  auto [head, rest] = name.split('/');
  bool hasDomain = name.contains('/') && looksLikeDomain(head);
  llvm::StringRef domain = hasDomain ? head : llvm::StringRef(kDefaultDomain);
  llvm::StringRef path = hasDomain ? rest : name;
  if (domain == "index.docker.io") domain = kDefaultDomain;
  reference.domain = domain.str();
  bool official = domain == kDefaultDomain && !path.contains('/');
  reference.path = (official ? kDefaultNamespace + path : llvm::Twine(path)).str();
}

/// Takes "@digest" off the end of `rest`.
llvm::Error takeDigest(llvm::StringRef text, llvm::StringRef& rest, Reference& reference) {
  size_t at = rest.find('@');
  if (at == llvm::StringRef::npos) return llvm::Error::success();
  auto digest = Digest::parse(rest.substr(at + 1));
  if (!digest) return withContext(digest.takeError(), "invalid reference format: '" + text + "'");
  reference.digest = *digest;
  rest = rest.take_front(at);
  return llvm::Error::success();
}

/// Takes ":tag" off the end of `rest`: a colon after the last '/', since one before it belongs to a port.
llvm::Error takeTag(llvm::StringRef text, llvm::StringRef& rest, Reference& reference) {
  size_t colon = rest.rfind(':');
  size_t slash = rest.rfind('/');
  if (colon == llvm::StringRef::npos || (slash != llvm::StringRef::npos && colon < slash))
    return llvm::Error::success();
  llvm::StringRef tag = rest.substr(colon + 1);
  if (!isTag(tag)) return badReference(text);
  reference.tag = tag.str();
  rest = rest.take_front(colon);
  return llvm::Error::success();
}

std::string withTagAndDigest(std::string name, const Reference& reference) {
  if (!reference.tag.empty()) name += ":" + reference.tag;
  if (reference.digest) name += "@" + reference.digest->str();
  return name;
}

}  // namespace

std::string Reference::tagOrDigest() const { return digest ? digest->str() : tag; }

std::string Reference::repository() const { return domain + "/" + path; }

std::string Reference::familiarRepository() const {
  if (domain != kDefaultDomain) return repository();
  llvm::StringRef shown = path;
  // "library/a/b" keeps its namespace: without it, it would read as user "a".
  if (shown.starts_with(kDefaultNamespace) && !shown.drop_front(kDefaultNamespace.size()).contains('/'))
    shown = shown.drop_front(kDefaultNamespace.size());
  // Without the domain, "docker.io/a.b/c" would read as c of a host a.b.
  auto [head, rest] = shown.split('/');
  if (!rest.empty() && looksLikeDomain(head)) return repository();
  return shown.str();
}

std::string Reference::canonical() const { return withTagAndDigest(repository(), *this); }
std::string Reference::familiar() const { return withTagAndDigest(familiarRepository(), *this); }

llvm::Expected<Reference> parseReference(llvm::StringRef text) {
  if (isImageId(text))
    return fault(FaultKind::Invalid,
                 "invalid repository name (" + text + "), cannot specify 64-byte hexadecimal strings");
  if (text.contains("://"))
    return fault(FaultKind::Invalid,
                 "invalid reference format: '" + redactUrl(text) + "' is a URL; a name begins with the host");
  Reference reference;
  llvm::StringRef rest = text;
  if (llvm::Error error = takeDigest(text, rest, reference)) return error;
  if (llvm::Error error = takeTag(text, rest, reference)) return error;
  if (rest.empty()) return badReference(text);
  splitName(rest, reference);
  if (llvm::StringRef(reference.path).lower() != reference.path)
    return fault(FaultKind::Invalid,
                 "invalid reference format: repository name (" + reference.path + ") must be lowercase");
  if (!isDomain(reference.domain) || !isPath(reference.path)) return badReference(text);
  if (reference.repository().size() > kLongestName)
    return fault(FaultKind::Invalid,
                 "repository name must not be more than " + llvm::Twine(kLongestName) + " characters");
  if (reference.tag.empty() && !reference.digest) reference.tag = "latest";
  return reference;
}

}  // namespace strata::registry
