#include "support/http_message.h"

#include "support/fault.h"
#include "support/text.h"
#include "support/url.h"

namespace strata {

namespace {
constexpr size_t kLongestHeaders = 256 << 10;

bool hasLineEnd(llvm::StringRef text) { return text.find_first_of(llvm::StringRef("\r\n\0", 3)) != text.npos; }
}  // namespace

llvm::Expected<std::string> checkRequest(const HttpRequest& request) {
  auto url = parseUrl(request.url);
  if (!url) return url.takeError();
  if (url->scheme != "http" && url->scheme != "https")
    return fault(FaultKind::Invalid, "\"" + printable(redactUrl(request.url)) + "\" is neither http nor https");
  for (const auto& [name, value] : request.headers)
    if (name.empty() || hasLineEnd(name) || llvm::StringRef(name).contains(':') || hasLineEnd(value))
      return fault(FaultKind::Invalid, "the header \"" + printable(name) + "\" has characters that none may have");
  return url->scheme + "://" + url->authority();
}

llvm::Error HeaderReader::take(llvm::StringRef line, HttpResponse& response) {
  bytes_ += line.size();
  if (bytes_ > kLongestHeaders) return fault(FaultKind::Invalid, "the response's headers are longer than 256 KiB");
  line = line.rtrim("\r\n");
  if (line.empty()) ended_ = true;
  if (line.starts_with("HTTP/")) {
    ended_ = false;
    response.headers.clear();
    line.split(' ').second.split(' ').first.getAsInteger(10, response.status);
    return llvm::Error::success();
  }
  auto [name, value] = line.split(':');
  if (!name.empty()) response.headers.emplace_back(name.trim().lower(), value.trim().str());
  return llvm::Error::success();
}

}  // namespace strata
