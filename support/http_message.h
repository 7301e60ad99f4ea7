#pragma once
/// \file What may be sent as a request, and a response's headers line by line. Source: RFC 9112.

#include "support/http.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata {

/// Of what a response without success says, so much is kept.
inline constexpr size_t kLongestErrorText = 64 << 10;

/// The server that the request goes to, "https://host:1". Faults: Invalid for a URL or a header that must not be sent.
llvm::Expected<std::string> checkRequest(const HttpRequest& request);

/// Every response on the way (redirects, "100 Continue") has its own headers; the last one's stay.
class HeaderReader {
public:
  /// One line, with its end. Faults: Invalid if all of them are longer than 256 KiB.
  [[nodiscard]] llvm::Error take(llvm::StringRef line, HttpResponse& response);
  /// The empty line behind the last header has come.
  bool ended() const { return ended_; }

private:
  size_t bytes_ = 0;
  bool ended_ = false;
};

}  // namespace strata
