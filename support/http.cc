#include "support/http.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/http_exchange.h"

#include <cstdlib>
#include <cstring>

namespace strata {

namespace {
constexpr size_t kStreamBuffer = 256 << 10;

/// Between two streams of the caller's.
class StreamPeer : public HttpPeer {
public:
  using OnHeaders = llvm::function_ref<llvm::Error(const HttpResponse&)>;
  StreamPeer(ByteSource* upload, ByteSink* body, OnHeaders onHeaders)
      : upload_(upload), body_(body), onHeaders_(onHeaders) {}

  llvm::Error onHeaders(const HttpResponse& response) override { return onHeaders_(response); }
  llvm::Expected<bool> onBody(llvm::StringRef bytes) override {
    if (!body_) return true;
    if (auto error = body_->write(bytes)) return error;
    return true;
  }
  llvm::Expected<std::optional<size_t>> fill(char* buffer, size_t size) override {
    auto got = upload_->read(buffer, size);
    if (!got) return got.takeError();
    return *got;
  }

private:
  ByteSource* upload_;
  ByteSink* body_;
  OnHeaders onHeaders_;
};

/// Takes bytes off libcurl as long as there is room.
class PulledResponse : public HttpStream, private HttpPeer {
public:
  explicit PulledResponse(const CancelToken& cancel) : cancel_(cancel) {}
  ~PulledResponse() override { llvm::consumeError(std::move(broken_)); }
  HttpPeer& peer() { return *this; }

  llvm::Error begin(std::unique_ptr<HttpExchange> exchange) {
    exchange_ = std::move(exchange);
    llvm::Error error = exchange_->advance(cancel_, [this] { return announced_; });
    bool succeeded = announced_ && response().succeeded();
    if (error && succeeded) broken_ = std::move(error);  // it broke right behind what has come
    if (error || succeeded) return error;
    return exchange_->finish(cancel_);
  }
  const HttpResponse& response() const override { return exchange_->response(); }

  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    if (begin_ == bytes_.size()) {
      bytes_.clear();
      begin_ = 0;
      if (broken_) return std::move(broken_);
      exchange_->goOn();
      broken_ = exchange_->advance(cancel_, [this] { return !bytes_.empty(); });
      if (bytes_.empty() && broken_) return std::move(broken_);
    }
    size_t count = std::min(size, bytes_.size() - begin_);
    std::memcpy(buffer, bytes_.data() + begin_, count);
    begin_ += count;
    return count;
  }

private:
  llvm::Error onHeaders(const HttpResponse&) override {
    announced_ = true;
    return llvm::Error::success();
  }
  llvm::Expected<bool> onBody(llvm::StringRef bytes) override {
    if (!bytes_.empty() && bytes_.size() + bytes.size() > kStreamBuffer) return false;
    bytes_ += bytes;
    return true;
  }

  const CancelToken& cancel_;
  std::unique_ptr<HttpExchange> exchange_;
  bool announced_ = false;
  std::string bytes_;
  size_t begin_ = 0;                             ///< of what is still to be read
  llvm::Error broken_ = llvm::Error::success();  ///< told once what came before it was read
};

/// Gives libcurl what is being written, and drives it until all of that is gone.
class PushedRequest : public HttpUpload, private HttpPeer {
public:
  explicit PushedRequest(const CancelToken& cancel) : cancel_(cancel) {}
  HttpPeer& peer() { return *this; }
  void begin(std::unique_ptr<HttpExchange> exchange) { exchange_ = std::move(exchange); }

  llvm::Error write(llvm::StringRef bytes) override {
    pending_ = bytes;
    exchange_->goOn();
    if (auto error = exchange_->advance(cancel_, [this] { return pending_.empty(); })) {
      broken_ = true;
      return error;
    }
    if (pending_.empty()) return llvm::Error::success();
    return fault(FaultKind::Unavailable, "the server answered before it had everything");
  }
  llvm::Expected<HttpResponse> finish() override {
    ended_ = true;
    if (broken_) return fault(FaultKind::Unavailable, "the connection broke");
    exchange_->goOn();
    if (auto error = exchange_->finish(cancel_)) return error;
    return std::move(exchange_->response());
  }

private:
  llvm::Expected<std::optional<size_t>> fill(char* buffer, size_t size) override {
    if (pending_.empty()) return ended_ ? std::optional<size_t>(0) : std::nullopt;
    size_t count = std::min(size, pending_.size());
    std::memcpy(buffer, pending_.data(), count);
    pending_ = pending_.drop_front(count);
    return count;
  }

  const CancelToken& cancel_;
  std::unique_ptr<HttpExchange> exchange_;
  llvm::StringRef pending_;
  bool ended_ = false, broken_ = false;
};
}  // namespace

HttpClient::HttpClient() : HttpClient(Options()) {}
HttpClient::HttpClient(Options options)
    : options_(std::move(options)), connections_(std::make_unique<HttpConnections>()) {
  const char* file = ::getenv("SSL_CERT_FILE");
  if (options_.authorities.empty() || !file || !*file) return;
  if (auto text = readFile(file))
    options_.authorities += "\n" + *text;
  else
    llvm::consumeError(text.takeError());  // the server's certificate will be refused, with a hint at the file
}
HttpClient::~HttpClient() = default;

llvm::Expected<HttpResponse> HttpClient::exchange(const HttpRequest& request, ByteSink* body, OnHeaders onHeaders,
                                                  const CancelToken& cancel) {
  StreamPeer peer(request.upload, body, onHeaders);
  auto form = request.upload ? HttpExchange::Body::Sized : HttpExchange::Body::None;
  auto exchange = HttpExchange::make(request, form, request.uploadSize, options_, *connections_, peer);
  if (!exchange) return exchange.takeError();
  if (auto error = (*exchange)->finish(cancel)) return error;
  return std::move((*exchange)->response());
}

llvm::Expected<HttpResponse> HttpClient::send(const HttpRequest& request, ByteSink* body, const CancelToken& cancel) {
  return exchange(
      request, body, [](const HttpResponse&) { return llvm::Error::success(); }, cancel);
}

llvm::Expected<std::unique_ptr<HttpStream>> HttpClient::open(const HttpRequest& request, const CancelToken& cancel) {
  auto stream = std::make_unique<PulledResponse>(cancel);
  auto exchange = HttpExchange::make(request, HttpExchange::Body::None, 0, options_, *connections_, stream->peer());
  if (!exchange) return exchange.takeError();
  if (auto error = stream->begin(std::move(*exchange))) return error;
  return stream;
}

llvm::Expected<std::unique_ptr<HttpUpload>> HttpClient::upload(const HttpRequest& request, std::optional<uint64_t> size,
                                                               const CancelToken& cancel) {
  auto upload = std::make_unique<PushedRequest>(cancel);
  auto form = size ? HttpExchange::Body::Sized : HttpExchange::Body::Chunked;
  auto exchange = HttpExchange::make(request, form, size.value_or(0), options_, *connections_, upload->peer());
  if (!exchange) return exchange.takeError();
  upload->begin(std::move(*exchange));
  return upload;
}

}  // namespace strata
