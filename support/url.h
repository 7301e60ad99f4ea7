#pragma once
/// \file URLs with an authority ("https://user@host:1/path?query#fragment") taken apart. Source: RFC 3986.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <utility>
#include <vector>

namespace strata {

struct Url {
  std::string scheme;    ///< lower case
  std::string userInfo;  ///< "user", "user:password" or ""; still encoded
  std::string host;      ///< lower case; an IPv6 address in its brackets
  std::string port;      ///< digits, or ""
  std::string path;      ///< with its leading '/', or ""; still encoded
  std::string query;     ///< without '?'
  std::string fragment;  ///< without '#'

  std::string authority() const;  ///< host and port, without user
  /// Without user and password, query and fragment: what may be kept and shown.
  std::string bare() const;
};

/// Faults: Invalid for what has no scheme or no host, for a host that could be read as an option, and for blanks and
/// control characters anywhere.
llvm::Expected<Url> parseUrl(llvm::StringRef text);

/// "%41" -> "A"; what is no such escape stays. A "%00" stays too.
std::string percentDecoded(llvm::StringRef text);

/// "a=1&b" -> {a, 1}, {b, ""}: keys and values decoded, '+' read as a blank; in the order of writing.
std::vector<std::pair<std::string, std::string>> queryPairs(llvm::StringRef query);

/// User and password of a URL become "xxxxx"; any other text stays.
std::string redactUrl(llvm::StringRef text);
/// The same for messages: what a query says, which may be a signature, is left out: "https://h/x?...".
std::string shownUrl(llvm::StringRef text);

}  // namespace strata
