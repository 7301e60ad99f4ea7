#include "support/http_exchange.h"

#include "support/fault.h"
#include "support/http_message.h"
#include "support/loaded_library.h"
#include "support/text.h"
#include "support/url.h"

#include <llvm/ADT/ScopeExit.h>
#include <llvm/ADT/StringExtras.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace strata {

namespace {
/// The functions of libcurl that strata calls, by their own names.
struct CurlLibrary {
#define STRATA_CURL_FUNCTIONS(X) \
  X(curl_global_init)            \
  X(curl_easy_init)              \
  X(curl_easy_cleanup)           \
  X(curl_easy_setopt)            \
  X(curl_easy_getinfo)           \
  X(curl_easy_strerror)          \
  X(curl_slist_append)           \
  X(curl_slist_free_all)         \
  X(curl_multi_init)             \
  X(curl_multi_cleanup)          \
  X(curl_multi_add_handle)       \
  X(curl_multi_remove_handle)    \
  X(curl_multi_perform) X(curl_multi_poll) X(curl_multi_info_read) X(curl_easy_pause) X(curl_getdate)
#define STRATA_DECLARE(name) decltype(&::name) name = nullptr;
  STRATA_CURL_FUNCTIONS(STRATA_DECLARE)
#undef STRATA_DECLARE
  std::string problem;  ///< why it could not be loaded
};

CurlLibrary loadLibrary() {
  CurlLibrary library;
  LoadedLibrary file("libcurl.so.4");
#define STRATA_FIND(name) file.find(#name, library.name);
  STRATA_CURL_FUNCTIONS(STRATA_FIND)
#undef STRATA_FIND
#undef STRATA_CURL_FUNCTIONS
  library.problem = file.problem();
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

constexpr long kMostRedirects = 10;
constexpr long kTransferBuffer = 128 << 10;  // libcurl's own are 16 and 64 KiB: four times the system calls

/// libcurl's words for a server that refuses the certificate that we have, or have not, shown: an alert of TLS 1.3
/// comes when the connection seems to stand.
bool refusesCertificate(llvm::StringRef words) {
  return words.contains("alert bad certificate") || words.contains("alert certificate required") ||
         words.contains("alert unknown ca") || words.contains("alert handshake failure");
}
bool refusesProxy(llvm::StringRef words) { return words.starts_with("Unsupported proxy"); }

/// What libcurl quotes of the settings of a proxy may have a password in it.
std::string withoutProxyPasswords(std::string words) {
  for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* value = ::getenv(name);
    if (!value || !*value) continue;
    std::string shown = redactUrl(value);
    if (shown == value) continue;
    for (size_t at = words.find(value); at != std::string::npos; at = words.find(value, at + shown.size()))
      words.replace(at, std::strlen(value), shown);
  }
  return words;
}

FaultKind kindOf(CURLcode code, llvm::StringRef words) {
  if (refusesCertificate(words)) return FaultKind::Denied;
  if (refusesProxy(words)) return FaultKind::Invalid;
  switch (code) {
    case CURLE_SSL_CERTPROBLEM:
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

/// libcurl's multi handles by server, each with its connections; an exchange has one for itself while it lasts.
struct HttpConnections::Impl {
  std::mutex mutex;
  std::map<std::string, std::vector<CURLM*>> idle;

  CURLM* take(const CurlLibrary& library, const std::string& server) {
    std::lock_guard lock(mutex);
    std::vector<CURLM*>& handles = idle[server];
    if (handles.empty()) return library.curl_multi_init();
    CURLM* handle = handles.back();
    handles.pop_back();
    return handle;
  }
  void giveBack(CURLM* handle, const std::string& server) {
    std::lock_guard lock(mutex);
    idle[server].push_back(handle);
  }
};

HttpPreparation::HttpPreparation() : thread_([] { llvm::consumeError(curlLibrary().takeError()); }) {}
HttpPreparation::~HttpPreparation() { thread_.join(); }

HttpConnections::HttpConnections() : impl_(std::make_unique<Impl>()) {}
HttpConnections::~HttpConnections() {
  for (auto& [server, handles] : impl_->idle)
    for (CURLM* handle : handles) (*curlLibrary())->curl_multi_cleanup(handle);
}

/// What libcurl calls back into.
struct HttpExchange::State {
  State(HttpRequest request, const CurlLibrary& library, HttpConnections::Impl& connections, HttpPeer& peer)
      : request(std::move(request)), library(library), connections(connections), peer(peer) {}
  ~State() {
    if (attached) library.curl_multi_remove_handle(multi, easy);
    if (multi) connections.giveBack(multi, server);
    library.curl_slist_free_all(sent);
    if (easy) library.curl_easy_cleanup(easy);
    llvm::consumeError(std::move(parked));
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    library.curl_easy_setopt(easy, option, value);
  }

  static size_t onHeader(char* bytes, size_t, size_t size, void* self) {
    return static_cast<State*>(self)->takeHeader({bytes, size}) ? size : 0;
  }
  static size_t onBody(char* bytes, size_t, size_t size, void* self) {
    return static_cast<State*>(self)->takeBody({bytes, size});
  }
  static size_t onUpload(char* buffer, size_t, size_t size, void* self) {
    auto& state = *static_cast<State*>(self);
    auto got = state.peer.fill(buffer, size);
    if (!got) {
      state.park(got.takeError());
      return CURL_READFUNC_ABORT;
    }
    return *got ? **got : CURL_READFUNC_PAUSE;
  }

  void park(llvm::Error error) { parked = llvm::joinErrors(std::move(parked), std::move(error)); }
  bool parkUnless(llvm::Error error) {
    if (!error) return true;
    park(std::move(error));
    return false;
  }

  bool takeHeader(llvm::StringRef line) { return parkUnless(headers.take(line, response)); }

  size_t takeBody(llvm::StringRef bytes) {
    if (!announce()) return 0;
    if (!response.succeeded()) {
      response.text += bytes.take_front(kLongestErrorText - response.text.size());
      return bytes.size();
    }
    auto taken = peer.onBody(bytes);
    if (taken) return *taken ? bytes.size() : CURL_WRITEFUNC_PAUSE;
    park(taken.takeError());
    return 0;
  }

  bool announce() {
    if (announced) return true;
    announced = true;
    const char* url = nullptr;
    library.curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    response.url = url ? url : request.url;
    return parkUnless(peer.onHeaders(response));
  }

  void setUp(const HttpClient::Options& options);
  void setUpTrust(const HttpClient::Options& options);
  void setUpBody(Body body, uint64_t size);
  llvm::Error settle(CURLcode code);

  HttpRequest request;
  const CurlLibrary& library;
  HttpConnections::Impl& connections;
  HttpPeer& peer;
  std::string server;
  CURL* easy = nullptr;
  CURLM* multi = nullptr;
  curl_slist* sent = nullptr;  ///< headers
  HttpResponse response;
  HeaderReader headers;
  bool attached = false, announced = false, over = false;
  char problem[CURL_ERROR_SIZE] = "";
  llvm::Error parked = llvm::Error::success();
};

void HttpExchange::State::setUp(const HttpClient::Options& options) {
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  // Each exchange has a connection for itself: HTTP/2 would only add a second flow control.
  set(CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, request.followRedirects ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, kMostRedirects);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, options.userAgent.c_str());
  set(CURLOPT_CONNECTTIMEOUT, long(options.connectTimeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, long(options.stallTimeout.count()));
  set(CURLOPT_BUFFERSIZE, kTransferBuffer);
  set(CURLOPT_ERRORBUFFER, problem);
  set(CURLOPT_HEADERFUNCTION, &State::onHeader);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &State::onBody);
  set(CURLOPT_WRITEDATA, this);
  setUpTrust(options);
  // libcurl knows the upper-case form for all but this one, which a CGI server would take from a request's header.
  const char* proxy = ::getenv("HTTP_PROXY");
  if (proxy && !::getenv("http_proxy") && !::getenv("REQUEST_METHOD") &&
      llvm::StringRef(request.url).starts_with_insensitive("http:"))
    set(CURLOPT_PROXY, proxy);
  for (const auto& [name, value] : request.headers)
    sent = library.curl_slist_append(sent, (name + (value.empty() ? ";" : ": " + value)).c_str());
  sent = library.curl_slist_append(sent, "Expect:");  // no second of waiting for a "100 Continue"
  set(CURLOPT_HTTPHEADER, sent);
}

void HttpExchange::State::setUpTrust(const HttpClient::Options& options) {
  if (const char* directory = ::getenv("SSL_CERT_DIR"); directory && *directory) set(CURLOPT_CAPATH, directory);
  if (!options.authorities.empty()) {  // in place of the system's file; its directory stays
    curl_blob blob{const_cast<char*>(options.authorities.data()), options.authorities.size(), CURL_BLOB_NOCOPY};
    library.curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
  } else if (const char* file = ::getenv("SSL_CERT_FILE"); file && *file) {
    set(CURLOPT_CAINFO, file);
  }
  if (!options.certificateFile.empty()) set(CURLOPT_SSLCERT, options.certificateFile.c_str());
  if (!options.keyFile.empty()) set(CURLOPT_SSLKEY, options.keyFile.c_str());
  if (options.verify) return;
  set(CURLOPT_SSL_VERIFYPEER, 0L);
  set(CURLOPT_SSL_VERIFYHOST, 0L);
}

void HttpExchange::State::setUpBody(Body body, uint64_t size) {
  if (body != Body::None) {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_UPLOAD_BUFFERSIZE, kTransferBuffer);
    set(CURLOPT_READFUNCTION, &State::onUpload);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_INFILESIZE_LARGE, body == Body::Sized ? curl_off_t(size) : curl_off_t(-1));
  } else if (request.body) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body->size()));
    set(CURLOPT_POSTFIELDS, request.body->c_str());
  }
  if (request.method == "HEAD")
    set(CURLOPT_NOBODY, 1L);
  else if (request.method != "GET" || request.body || body != Body::None)
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

/// What the exchange came to, once it is over.
llvm::Error HttpExchange::State::settle(CURLcode code) {
  over = true;
  bool torn = code == CURLE_OK && !headers.ended();  // for libcurl a response may end anywhere in its headers
  if (code == CURLE_OK && !torn && announce()) return llvm::Error::success();
  if (parked) return std::move(parked);
  llvm::StringRef words = torn         ? "the connection broke within the response's headers"
                          : problem[0] ? problem
                                       : library.curl_easy_strerror(code);
  llvm::StringRef hint =
      code == CURLE_PEER_FAILED_VERIFICATION ? "; SSL_CERT_FILE may name a file of further authorities"
      : refusesCertificate(words)            ? "; it may want a certificate of ours, or another one than it was shown"
                                             : "";
  return fault(torn ? FaultKind::Unavailable : kindOf(code, words),
               request.method + " " + printable(shownUrl(request.url)) + ": " +
                   printable(withoutProxyPasswords(words.str())) + hint);
}

HttpExchange::HttpExchange(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpExchange::~HttpExchange() = default;

llvm::Expected<std::unique_ptr<HttpExchange>> HttpExchange::make(HttpRequest request, Body body, uint64_t size,
                                                                 const HttpClient::Options& options,
                                                                 HttpConnections& connections, HttpPeer& peer) {
  auto server = checkRequest(request);
  if (!server) return server.takeError();
  auto library = curlLibrary();
  if (!library) return library.takeError();
  auto state = std::make_unique<State>(std::move(request), **library, *connections.impl_, peer);
  state->server = std::move(*server);
  state->easy = (*library)->curl_easy_init();
  state->multi = connections.impl_->take(**library, state->server);
  if (!state->easy || !state->multi) return fault(FaultKind::Io, "libcurl: out of memory");
  state->setUp(options);
  state->setUpBody(body, size);
  if ((*library)->curl_multi_add_handle(state->multi, state->easy) != CURLM_OK)
    return fault(FaultKind::Io, "libcurl: out of memory");
  state->attached = true;
  return std::unique_ptr<HttpExchange>(new HttpExchange(std::move(state)));
}

llvm::Error HttpExchange::advance(const CancelToken& cancel, llvm::function_ref<bool()> enough) {
  State& state = *state_;
  while (!state.over && !enough()) {
    if (auto error = cancel.check()) return error;
    int running = 0, left = 0;
    if (state.library.curl_multi_perform(state.multi, &running) != CURLM_OK)
      return fault(FaultKind::Io, "libcurl: cannot go on");
    while (CURLMsg* message = state.library.curl_multi_info_read(state.multi, &left))
      if (message->msg == CURLMSG_DONE) return state.settle(message->data.result);
    if (running == 0) return fault(FaultKind::Io, "libcurl: a transfer ended without a result");
    if (enough()) break;
    curl_waitfd wake{cancel.fd(), CURL_WAIT_POLLIN, 0};
    state.library.curl_multi_poll(state.multi, &wake, 1, 1000, nullptr);
  }
  return llvm::Error::success();
}

llvm::Error HttpExchange::finish(const CancelToken& cancel) {
  return advance(cancel, [] { return false; });
}

void HttpExchange::goOn() {
  if (!state_->over) state_->library.curl_easy_pause(state_->easy, CURLPAUSE_CONT);
}
bool HttpExchange::over() const { return state_->over; }
HttpResponse& HttpExchange::response() { return state_->response; }

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
