#include "registry/transport/endpoint.h"

#include "registry/transport/url_text.h"
#include "support/fault.h"
#include "support/text.h"
#include "support/url.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::registry {

namespace {
constexpr size_t kLargestDocument = 16 << 20;
constexpr int kMostRefusals = 2;  // one that teaches what to send, one of a token that has just ended
constexpr int kMostRedirects = 10;
constexpr unsigned kUnheardAttempts = 3;  // at a host that has never answered: under a second

bool redirects(int status) { return llvm::is_contained({301, 302, 303, 307, 308}, status); }

/// "denied: requested access to the resource is denied", of the first error. Source: distribution-spec, "Error Codes".
std::string saidIn(llvm::StringRef text) {
  auto document = parseJson(text.take_front(kLargestDocument));
  if (!document) {
    llvm::consumeError(document.takeError());
    return "";
  }
  const llvm::json::Object* object = document->getAsObject();
  const llvm::json::Array* errors = object ? object->getArray("errors") : nullptr;
  const llvm::json::Object* first = errors && !errors->empty() ? errors->front().getAsObject() : nullptr;
  if (!first) return "";
  std::string code = first->getString("code").value_or("").lower();
  std::string message = first->getString("message").value_or("").str();
  return code + (code.empty() || message.empty() ? "" : ": ") + message;
}
}  // namespace

llvm::Error registryFault(llvm::StringRef method, const HttpResponse& response) {
  llvm::Error error = statusFault(method, response.url, response);
  std::string said = saidIn(response.text);
  if (said.empty()) return error;
  FaultKind kind = kindOf(error);
  return fault(kind, messageOf(std::move(error)) + " (" + printable(said) + ")");
}

struct Endpoint::Prepared {
  HttpRequest request;
  std::string authorization;
  bool ownHost = true;
};

Endpoint::Endpoint(std::shared_ptr<Host> host, std::string path, RetryBudget budget, bool writes,
                   std::optional<Credential> credential)
    : host_(std::move(host)),
      path_(std::move(path)),
      budget_(budget),
      writes_(writes),
      tokens_(host_->domain(), path_, host_->plainAllowed(), host_->elsewhere(), host_->cancel(),
              std::move(credential)) {}

Scopes Endpoint::scopesOf(const Call& call) const {
  if (path_.empty()) return {};
  const char* actions = call.access == Access::Delete             ? ":delete"
                        : writes_ || call.access == Access::Write ? ":pull,push"
                                                                  : ":pull";
  Scopes scopes{"repository:" + path_ + actions};
  if (!call.alsoRead.empty() && call.alsoRead != path_) scopes.push_back("repository:" + call.alsoRead + ":pull");
  llvm::sort(scopes);
  return scopes;
}

llvm::Expected<Endpoint::Prepared> Endpoint::prepare(const Call& call) {
  auto origin = host_->origin();
  if (!origin) return origin.takeError();
  Prepared prepared;
  prepared.request = {.method = call.method, .headers = call.headers, .body = call.body, .followRedirects = false};
  llvm::StringRef where = call.where;
  if (where.contains("://"))
    prepared.request.url = where.str();
  else if (where.starts_with("/"))
    prepared.request.url = (*origin + where).str();
  else
    prepared.request.url = (*origin + "/v2/" + path_ + "/" + where).str();
  // An upload or a blob may be at another host, which must not get our login.
  llvm::StringRef url = prepared.request.url;
  prepared.ownHost = url.consume_front(*origin) && (url.empty() || url.starts_with("/") || url.starts_with("?"));
  if (!prepared.ownHost) return prepared;
  auto authorization = tokens_.authorization(scopesOf(call));
  if (!authorization) return authorization.takeError();
  prepared.authorization = *authorization;
  if (!authorization->empty()) prepared.request.headers.emplace_back("Authorization", *authorization);
  return prepared;
}

llvm::Expected<std::unique_ptr<HttpStream>> Endpoint::openOnce(const Prepared& prepared) {
  HttpClient& http = prepared.ownHost ? host_->http() : host_->elsewhere();
  return http.open(prepared.request, host_->cancel());
}

llvm::Expected<std::unique_ptr<HttpStream>> Endpoint::open(const Call& call) {
  Call now = call;
  for (int refusals = 0, followed = 0;;) {
    auto prepared = prepare(now);
    if (!prepared) return prepared.takeError();
    auto stream = openOnce(*prepared);
    if (!stream) return stream;
    if (prepared->ownHost) host_->answered();
    const HttpResponse& response = (*stream)->response();
    auto location = response.header("location");
    if (response.status == 401 && prepared->ownHost && ++refusals <= kMostRefusals) {
      if (auto error = tokens_.refused(response, prepared->authorization)) return error;
    } else if (redirects(response.status) && location && (call.method == "GET" || call.method == "HEAD")) {
      if (++followed > kMostRedirects)
        return fault(FaultKind::Invalid, "GET " + printable(shownUrl(prepared->request.url)) + ": too many redirects");
      now.where = resolvedLocation(*location, prepared->request.url);
    } else {
      return stream;
    }
  }
}

llvm::Expected<Answer> Endpoint::sendOnce(const Call& call) {
  auto stream = open(call);
  if (!stream) return stream.takeError();
  auto text = readAll(**stream, kLargestDocument);
  if (!text) return withContext(text.takeError(), "answer of " + host_->domain());
  return Answer{.http = (*stream)->response(), .text = std::move(*text)};
}

llvm::Expected<Answer> Endpoint::send(const Call& call) {
  Attempts tried = attempts();
  for (;;) {
    auto answer = sendOnce(call);
    if (answer && !mayPass(answer->http.status)) return answer;
    std::optional<std::chrono::milliseconds> asked;
    if (answer) asked = retryAfter(answer->http, nowNanoseconds() / 1'000'000'000);
    llvm::Error failure = answer ? registryFault(call.method, answer->http) : answer.takeError();
    if (auto error = again(tried, std::move(failure), asked)) return error;
  }
}

llvm::Error Endpoint::again(Attempts& attempts, llvm::Error failure, std::optional<std::chrono::milliseconds> asked) {
  return attempts.again(std::move(failure), asked, host_->hasAnswered() ? UINT_MAX : kUnheardAttempts);
}

llvm::Expected<std::unique_ptr<HttpUpload>> Endpoint::upload(const Call& call, std::optional<uint64_t> size) {
  auto prepared = prepare(call);
  if (!prepared) return prepared.takeError();
  HttpClient& http = prepared->ownHost ? host_->http() : host_->elsewhere();
  return http.upload(prepared->request, size, host_->cancel());
}

llvm::Error Endpoint::refused(const HttpResponse& response) {
  Call call{.access = Access::Write};
  auto used = tokens_.authorization(scopesOf(call));
  if (!used) return used.takeError();
  return tokens_.refused(response, *used);
}

}  // namespace strata::registry
