#include "support/http.h"

#include "support/fault.h"
#include "support/text.h"
#include "support/url.h"

#include <llvm/ADT/ScopeExit.h>
#include <llvm/ADT/StringExtras.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <dlfcn.h>
#include <cstdlib>
#include <mutex>

namespace strata {

namespace {
/// The functions of libcurl that strata calls, by their own names.
struct CurlLibrary {
#define STRATA_CURL_FUNCTIONS(X)                                                                                       \
  X(curl_global_init)                                                                                                  \
  X(curl_easy_init)                                                                                                    \
  X(curl_easy_cleanup)                                                                                                 \
  X(curl_easy_setopt)                                                                                                  \
  X(curl_easy_getinfo)                                                                                                 \
  X(curl_easy_strerror)                                                                                                \
  X(curl_slist_append)                                                                                                 \
  X(curl_slist_free_all) X(curl_multi_init) X(curl_multi_cleanup) X(curl_multi_add_handle) X(curl_multi_remove_handle) \
      X(curl_multi_perform) X(curl_multi_poll) X(curl_multi_info_read) X(curl_getdate)
#define STRATA_DECLARE(name) decltype(&::name) name = nullptr;
  STRATA_CURL_FUNCTIONS(STRATA_DECLARE)
#undef STRATA_DECLARE
  std::string problem;  ///< why it could not be loaded
};

CurlLibrary loadLibrary() {
  CurlLibrary library;
  void* handle = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    library.problem = ::dlerror();
    return library;
  }
#define STRATA_FIND(name)                                                     \
  library.name = reinterpret_cast<decltype(&::name)>(::dlsym(handle, #name)); \
  if (!library.name) library.problem = "libcurl.so.4 has no function " #name;
  STRATA_CURL_FUNCTIONS(STRATA_FIND)
#undef STRATA_FIND
#undef STRATA_CURL_FUNCTIONS
  if (library.problem.empty() && library.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    library.problem = "libcurl.so.4 cannot be set up";
  return library;
}

llvm::Expected<const CurlLibrary*> curlLibrary() {
  static const CurlLibrary library = loadLibrary();
  if (library.problem.empty()) return &library;
  return fault(FaultKind::Unsupported,
               "nothing can be downloaded: " + library.problem + "; install libcurl (Debian: libcurl4)");
}

constexpr size_t kErrorTextLimit = 64 << 10;
constexpr size_t kHeaderLimit = 256 << 10;
constexpr long kMostRedirects = 10;

bool hasLineEnd(llvm::StringRef text) { return text.find_first_of(llvm::StringRef("\r\n\0", 3)) != text.npos; }

llvm::Error checkRequest(const HttpRequest& request) {
  auto url = parseUrl(request.url);
  if (!url) return url.takeError();
  if (url->scheme != "http" && url->scheme != "https")
    return fault(FaultKind::Invalid, "\"" + printable(redactUrl(request.url)) + "\" is neither http nor https");
  for (const auto& [name, value] : request.headers)
    if (name.empty() || hasLineEnd(name) || llvm::StringRef(name).contains(':') || hasLineEnd(value))
      return fault(FaultKind::Invalid, "the header \"" + printable(name) + "\" has characters that none may have");
  return llvm::Error::success();
}

FaultKind kindOf(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return FaultKind::Denied;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_TOO_MANY_REDIRECTS:
      return FaultKind::Invalid;
    default:
      return FaultKind::Unavailable;
  }
}
}  // namespace

/// libcurl's multi handles, each with its cache of connections; an exchange has one for itself while it lasts.
struct HttpClient::Connections {
  std::mutex mutex;
  std::vector<CURLM*> idle;

  ~Connections() {
    for (CURLM* handle : idle) (*curlLibrary())->curl_multi_cleanup(handle);
  }
  CURLM* take(const CurlLibrary& library) {
    std::lock_guard lock(mutex);
    if (idle.empty()) return library.curl_multi_init();
    CURLM* handle = idle.back();
    idle.pop_back();
    return handle;
  }
  void giveBack(CURLM* handle) {
    std::lock_guard lock(mutex);
    idle.push_back(handle);
  }
};

/// One request under way, and what libcurl calls back into.
struct HttpClient::Exchange {
  Exchange(const CurlLibrary& library, const HttpRequest& request, ByteSink* body, OnHeaders onHeaders)
      : library(library), request(request), body(body), onHeaders(onHeaders) {}
  ~Exchange() {
    library.curl_slist_free_all(headers);
    if (easy) library.curl_easy_cleanup(easy);
    llvm::consumeError(std::move(parked));
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    library.curl_easy_setopt(easy, option, value);
  }

  static size_t onHeader(char* bytes, size_t, size_t size, void* self) {
    return static_cast<Exchange*>(self)->takeHeader({bytes, size}) ? size : 0;
  }
  static size_t onBody(char* bytes, size_t, size_t size, void* self) {
    return static_cast<Exchange*>(self)->takeBody({bytes, size}) ? size : 0;
  }
  static size_t onUpload(char* buffer, size_t, size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    auto got = exchange.request.upload->read(buffer, size);
    if (got) return *got;
    exchange.park(got.takeError());
    return CURL_READFUNC_ABORT;
  }

  void park(llvm::Error error) { parked = llvm::joinErrors(std::move(parked), std::move(error)); }

  /// Every response on the way (redirects, "100 Continue") has its own; the last one's stay.
  bool takeHeader(llvm::StringRef line) {
    headerBytes += line.size();
    if (headerBytes > kHeaderLimit) {
      park(fault(FaultKind::Invalid, "the response's headers are longer than 256 KiB"));
      return false;
    }
    line = line.rtrim("\r\n");
    if (line.starts_with("HTTP/")) {
      response.headers.clear();
      line.split(' ').second.split(' ').first.getAsInteger(10, response.status);
      return true;
    }
    auto [name, value] = line.split(':');
    if (!name.empty()) response.headers.emplace_back(name.trim().lower(), value.trim().str());
    return true;
  }

  bool takeBody(llvm::StringRef bytes) {
    if (!announced && !announce()) return false;
    if (!response.succeeded()) {
      response.text += bytes.take_front(kErrorTextLimit - response.text.size());
      return true;
    }
    if (!body) return true;
    llvm::Error error = body->write(bytes);
    if (!error) return true;
    park(std::move(error));
    return false;
  }

  bool announce() {
    announced = true;
    llvm::Error error = onHeaders(response);
    if (!error) return true;
    park(std::move(error));
    return false;
  }

  void setUp(const Options& options);
  void setUpBody();
  llvm::Expected<CURLcode> perform(CURLM* multi, const CancelToken& cancel);
  llvm::Error failure(CURLcode code);

  const CurlLibrary& library;
  const HttpRequest& request;
  ByteSink* body;
  OnHeaders onHeaders;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  HttpResponse response;
  size_t headerBytes = 0;
  bool announced = false;
  char problem[CURL_ERROR_SIZE] = "";
  llvm::Error parked = llvm::Error::success();
};

void HttpClient::Exchange::setUp(const Options& options) {
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, request.followRedirects ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, kMostRedirects);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, options.userAgent.c_str());
  set(CURLOPT_CONNECTTIMEOUT, long(options.connectTimeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, long(options.stallTimeout.count()));
  set(CURLOPT_ERRORBUFFER, problem);
  set(CURLOPT_HEADERFUNCTION, &Exchange::onHeader);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Exchange::onBody);
  set(CURLOPT_WRITEDATA, this);
  if (const char* file = ::getenv("SSL_CERT_FILE"); file && *file) set(CURLOPT_CAINFO, file);
  if (const char* directory = ::getenv("SSL_CERT_DIR"); directory && *directory) set(CURLOPT_CAPATH, directory);
  // libcurl knows the upper-case form for all but this one, which a CGI server would take from a request's header.
  const char* proxy = ::getenv("HTTP_PROXY");
  if (proxy && !::getenv("http_proxy") && !::getenv("REQUEST_METHOD") &&
      llvm::StringRef(request.url).starts_with_insensitive("http:"))
    set(CURLOPT_PROXY, proxy);
  for (const auto& [name, value] : request.headers)
    headers = library.curl_slist_append(headers, (name + (value.empty() ? ";" : ": " + value)).c_str());
  if (headers) set(CURLOPT_HTTPHEADER, headers);
  setUpBody();
}

void HttpClient::Exchange::setUpBody() {
  if (request.upload) {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &Exchange::onUpload);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_INFILESIZE_LARGE, curl_off_t(request.uploadSize));
  } else if (request.body) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body->size()));
    set(CURLOPT_POSTFIELDS, request.body->c_str());
  }
  if (request.method == "HEAD")
    set(CURLOPT_NOBODY, 1L);
  else if (request.method != "GET" || request.body || request.upload)
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

llvm::Expected<CURLcode> HttpClient::Exchange::perform(CURLM* multi, const CancelToken& cancel) {
  if (library.curl_multi_add_handle(multi, easy) != CURLM_OK) return fault(FaultKind::Io, "libcurl: out of memory");
  auto remove = llvm::make_scope_exit([&] { library.curl_multi_remove_handle(multi, easy); });
  for (int running = 1; running > 0;) {
    if (auto error = cancel.check()) return error;
    if (library.curl_multi_perform(multi, &running) != CURLM_OK) return fault(FaultKind::Io, "libcurl: cannot go on");
    curl_waitfd wake{cancel.fd(), CURL_WAIT_POLLIN, 0};
    if (running > 0) library.curl_multi_poll(multi, &wake, 1, 1000, nullptr);
  }
  int left = 0;
  while (CURLMsg* message = library.curl_multi_info_read(multi, &left))
    if (message->msg == CURLMSG_DONE) return message->data.result;
  return fault(FaultKind::Io, "libcurl: a transfer ended without a result");
}

llvm::Error HttpClient::Exchange::failure(CURLcode code) {
  if (parked) return std::move(parked);
  llvm::StringRef words = problem[0] ? problem : library.curl_easy_strerror(code);
  std::string hint =
      code == CURLE_PEER_FAILED_VERIFICATION ? "; SSL_CERT_FILE may name a file of further authorities" : "";
  return fault(kindOf(code), request.method + " " + printable(redactUrl(request.url)) + ": " + printable(words) + hint);
}

HttpClient::HttpClient() : HttpClient(Options()) {}
HttpClient::HttpClient(Options options) : options_(std::move(options)), connections_(std::make_unique<Connections>()) {}
HttpClient::~HttpClient() = default;

llvm::Expected<HttpResponse> HttpClient::exchange(const HttpRequest& request, ByteSink* body, OnHeaders onHeaders,
                                                  const CancelToken& cancel) {
  if (auto error = checkRequest(request)) return error;
  auto library = curlLibrary();
  if (!library) return library.takeError();
  Exchange exchange(**library, request, body, onHeaders);
  exchange.easy = (*library)->curl_easy_init();
  CURLM* multi = connections_->take(**library);
  if (!exchange.easy || !multi) return fault(FaultKind::Io, "libcurl: out of memory");
  auto giveBack = llvm::make_scope_exit([&] { connections_->giveBack(multi); });
  exchange.setUp(options_);
  auto code = exchange.perform(multi, cancel);
  if (!code) return code.takeError();
  if (*code != CURLE_OK) return exchange.failure(*code);
  if (!exchange.announced && !exchange.announce()) return exchange.failure(*code);
  const char* url = nullptr;
  (*library)->curl_easy_getinfo(exchange.easy, CURLINFO_EFFECTIVE_URL, &url);
  exchange.response.url = url ? url : request.url;
  return std::move(exchange.response);
}

llvm::Expected<HttpResponse> HttpClient::send(const HttpRequest& request, ByteSink* body, const CancelToken& cancel) {
  return exchange(
      request, body, [](const HttpResponse&) { return llvm::Error::success(); }, cancel);
}

std::optional<int64_t> parseHttpDate(llvm::StringRef text) {
  // Three forms with names of days and months: libcurl knows them all.
  auto library = curlLibrary();
  if (!library) {
    llvm::consumeError(library.takeError());
    return std::nullopt;
  }
  time_t seconds = (*library)->curl_getdate(text.str().c_str(), nullptr);
  return seconds == -1 ? std::nullopt : std::optional<int64_t>(seconds);
}

}  // namespace strata
