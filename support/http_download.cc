#include "support/fault.h"
#include "support/http.h"
#include "support/text.h"
#include "support/url.h"

#include <poll.h>

namespace strata {

namespace {
constexpr int kFruitlessAttempts = 3;

/// What has come so far, and whether the rest can be asked for alone.
class Resumption : public ByteSink {
public:
  explicit Resumption(DownloadSink& sink) : sink_(sink) {}

  llvm::Error write(llvm::StringRef bytes) override {
    received_ += bytes.size();
    return sink_.write(bytes);
  }

  HttpRequest rest(const HttpRequest& whole) const {
    HttpRequest request = whole;
    if (received_ == 0 || validator_.empty()) return request;
    request.headers.emplace_back("Range", "bytes=" + std::to_string(received_) + "-");
    request.headers.emplace_back("If-Range", validator_);
    return request;
  }

  /// Before the first byte of a response: it goes on where the last one broke off, or all begins anew.
  llvm::Error take(const HttpResponse& response) {
    if (!response.succeeded()) return llvm::Error::success();
    bool goesOn = response.status == 206 && received_ > 0 && startOf(response) == received_;
    if (response.status == 206 && !goesOn)
      return fault(FaultKind::Invalid, "the server sent another part of the file than was asked for");
    if (goesOn) return llvm::Error::success();
    validator_ = validatorOf(response);
    if (received_ == 0) return llvm::Error::success();
    received_ = 0;
    return sink_.restart();
  }
  uint64_t received() const { return received_; }
  void forget() { validator_.clear(); }

private:
  static std::optional<uint64_t> startOf(const HttpResponse& response) {
    llvm::StringRef range = response.header("content-range").value_or("");
    uint64_t start = 0;
    if (!range.consume_front("bytes ") || range.split('-').first.getAsInteger(10, start)) return std::nullopt;
    return start;
  }
  static std::string validatorOf(const HttpResponse& response) {
    llvm::StringRef tag = response.header("etag").value_or("");
    if (!tag.empty() && !tag.starts_with("W/")) return tag.str();
    return response.header("last-modified").value_or("").str();
  }

  DownloadSink& sink_;
  uint64_t received_ = 0;
  std::string validator_;
};

/// Waits, unless stopped meanwhile.
llvm::Error pause(std::chrono::milliseconds time, const CancelToken& cancel) {
  pollfd wake{cancel.fd(), POLLIN, 0};
  ::poll(&wake, 1, int(time.count()));
  return cancel.check();
}
}  // namespace

llvm::Expected<HttpResponse> HttpClient::download(const HttpRequest& request, DownloadSink& sink,
                                                  const CancelToken& cancel) {
  Resumption resumption(sink);
  for (int fruitless = 0;;) {
    uint64_t before = resumption.received();
    HttpRequest rest = resumption.rest(request);
    auto response = exchange(
        rest, &resumption, [&](const HttpResponse& headers) { return resumption.take(headers); }, cancel);
    if (response && response->status == 416 && before > 0) {  // there is no such rest: what is there must be wrong
      resumption.forget();
      if (++fruitless < kFruitlessAttempts) continue;
    }
    if (response) return response;
    llvm::Error error = response.takeError();
    fruitless = resumption.received() > before ? 0 : fruitless + 1;
    if (kindOf(error) != FaultKind::Unavailable || resumption.received() == 0 || fruitless >= kFruitlessAttempts)
      return error;
    llvm::consumeError(std::move(error));
    if (auto stopped = pause(options_.retryPause, cancel)) return stopped;
  }
}

std::optional<llvm::StringRef> HttpResponse::header(llvm::StringRef lowerCaseName) const {
  for (const auto& [name, value] : headers)
    if (name == lowerCaseName) return llvm::StringRef(value);
  return std::nullopt;
}

namespace {
llvm::StringRef phraseOf(int status) {
  switch (status) {
    case 400:
      return " Bad Request";
    case 401:
      return " Unauthorized";
    case 403:
      return " Forbidden";
    case 404:
      return " Not Found";
    case 408:
      return " Request Timeout";
    case 410:
      return " Gone";
    case 429:
      return " Too Many Requests";
    case 500:
      return " Internal Server Error";
    case 502:
      return " Bad Gateway";
    case 503:
      return " Service Unavailable";
    case 504:
      return " Gateway Timeout";
    default:
      return "";
  }
}
}  // namespace

llvm::Error statusFault(llvm::StringRef method, llvm::StringRef url, const HttpResponse& response) {
  int status = response.status;
  FaultKind kind = status == 404 || status == 410                    ? FaultKind::NotFound
                   : status == 401 || status == 403                  ? FaultKind::Denied
                   : status == 408 || status == 429 || status >= 500 ? FaultKind::Unavailable
                                                                     : FaultKind::Invalid;
  return fault(kind, method + " " + printable(shownUrl(url)) + ": " + llvm::Twine(status) + phraseOf(status));
}

}  // namespace strata
