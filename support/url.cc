#include "support/url.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata {

namespace {
llvm::Error badUrl(llvm::StringRef text, llvm::StringRef why) {
  return fault(FaultKind::Invalid, "invalid URL \"" + printable(redactUrl(text)) + "\": " + why);
}

bool isScheme(llvm::StringRef text) {
  return !text.empty() && llvm::isAlpha(text.front()) &&
         llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '+' || c == '-' || c == '.'; });
}

/// A leading '-' would be an option to the programs that get the host as an argument.
bool isHost(llvm::StringRef host) {
  if (host.starts_with("[")) {
    llvm::StringRef address = host.drop_front();
    return address.consume_back("]") && !address.empty() &&
           llvm::all_of(address, [](char c) { return llvm::isHexDigit(c) || c == ':' || c == '.'; });
  }
  return !host.empty() && llvm::isAlnum(host.front()) && llvm::all_of(host, [](char c) {
    return llvm::isAlnum(c) || c == '.' || c == '-' || c == '_' || uint8_t(c) >= 0x80;
  });
}

/// "host:1" and "[::1]:1" in two.
std::pair<llvm::StringRef, llvm::StringRef> splitPort(llvm::StringRef authority) {
  size_t colon = authority.rfind(':');
  size_t bracket = authority.rfind(']');
  if (colon == llvm::StringRef::npos || (bracket != llvm::StringRef::npos && colon < bracket)) return {authority, ""};
  return {authority.take_front(colon), authority.drop_front(colon + 1)};
}
}  // namespace

std::string Url::authority() const { return port.empty() ? host : host + ":" + port; }
std::string Url::bare() const { return scheme + "://" + authority() + path; }

llvm::Expected<Url> parseUrl(llvm::StringRef text) {
  if (llvm::any_of(text, [](char c) { return uint8_t(c) <= 0x20 || c == 0x7f; }))
    return badUrl(text, "it has a blank or a control character");
  size_t colon = text.find("://");
  if (colon == llvm::StringRef::npos || !isScheme(text.take_front(colon))) return badUrl(text, "it has no scheme");
  Url url;
  url.scheme = text.take_front(colon).lower();
  llvm::StringRef rest = text.drop_front(colon + 3);
  auto cut = [&](char mark) {
    auto [before, after] = rest.split(mark);
    rest = before;
    return after.str();
  };
  url.fragment = cut('#');
  url.query = cut('?');
  llvm::StringRef authority = rest.take_front(std::min(rest.find('/'), rest.size()));
  url.path = rest.drop_front(authority.size()).str();
  if (size_t at = authority.rfind('@'); at != llvm::StringRef::npos) {
    url.userInfo = authority.take_front(at).str();
    authority = authority.drop_front(at + 1);
  }
  auto [host, port] = splitPort(authority);
  if (!isHost(host)) return badUrl(text, "it has no valid host");
  if (!llvm::all_of(port, llvm::isDigit)) return badUrl(text, "its port is no number");
  url.host = host.lower();
  url.port = port.str();
  return url;
}

std::string percentDecoded(llvm::StringRef text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    bool escape = text[i] == '%' && i + 2 < text.size() && !text.substr(i + 1, 2).getAsInteger(16, value) && value;
    decoded += escape ? char(value) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

std::vector<std::pair<std::string, std::string>> queryPairs(llvm::StringRef query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  auto decoded = [](llvm::StringRef text) {
    std::string blanks = text.str();
    std::replace(blanks.begin(), blanks.end(), '+', ' ');
    return percentDecoded(blanks);
  };
  llvm::SmallVector<llvm::StringRef> parts;
  query.split(parts, '&', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    auto [key, value] = part.split('=');
    pairs.emplace_back(decoded(key), decoded(value));
  }
  return pairs;
}

std::string redactUrl(llvm::StringRef text) {
  size_t scheme = text.find("://");
  if (scheme == llvm::StringRef::npos) return text.str();
  size_t start = scheme + 3;
  size_t end = std::min(text.find_first_of("/?#", start), text.size());
  size_t at = text.take_front(end).rfind('@');
  if (at == llvm::StringRef::npos || at < start) return text.str();
  bool hasPassword = text.slice(start, at).contains(':');
  return (text.take_front(start) + (hasPassword ? "xxxxx:xxxxx" : "xxxxx") + text.drop_front(at)).str();
}

std::string shownUrl(llvm::StringRef text) {
  auto [before, query] = text.split('?');
  return redactUrl(before) + (query.empty() ? "" : "?...");
}

}  // namespace strata
