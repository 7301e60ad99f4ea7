#include "registry/transport/tokens.h"

#include "registry/transport/url_text.h"
#include "support/fault.h"
#include "support/text.h"
#include "support/url.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Base64.h>

#include <algorithm>

namespace strata::registry {

namespace {
using std::chrono::seconds;

constexpr int64_t kUsualLifetime = 60;  // of a token that says nothing of it
constexpr size_t kLargestAnswer = 1 << 20;

std::string basic(const Credential& credential) {
  return "Basic " + llvm::encodeBase64(credential.user + ":" + credential.password);
}

/// The same words whether the registry itself looks at passwords or sends us to somebody who does.
llvm::Error notLoggedIn(llvm::StringRef domain) {
  return fault(FaultKind::Denied, domain + " asks who we are; log in first (strata login " + domain + ")");
}
llvm::Error notKnown(llvm::StringRef domain) {
  return fault(FaultKind::Denied,
               domain + " does not know this user and password; log in again (strata login " + domain + ")");
}

HttpRequest askByGet(const TokenRequest& asked) {
  HttpRequest request{.url = asked.realm};
  char separator = llvm::StringRef(asked.realm).contains('?') ? '&' : '?';
  auto add = [&](const char* name, llvm::StringRef value) {
    request.url += separator + (name + ("=" + escapedForQuery(value)));
    separator = '&';
  };
  if (!asked.service.empty()) add("service", asked.service);
  for (const std::string& scope : asked.scopes) add("scope", scope);
  if (asked.offline) {
    add("offline_token", "true");
    add("client_id", "strata");
  }
  if (!asked.credential) return request;
  if (!asked.credential->user.empty()) add("account", asked.credential->user);
  Credential login = *asked.credential;
  if (login.password.empty() && !login.identityToken.empty()) {
    if (login.user.empty()) login.user = "<token>";
    login.password = login.identityToken;
  }
  request.headers.emplace_back("Authorization", basic(login));
  return request;
}

HttpRequest askByPost(const TokenRequest& asked) {
  HttpRequest request{.method = "POST", .url = asked.realm};
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.body = "grant_type=refresh_token&client_id=strata&service=" + escapedForQuery(asked.service) +
                 "&scope=" + escapedForQuery(llvm::join(asked.scopes, " ")) +
                 "&refresh_token=" + escapedForQuery(asked.credential->identityToken);
  return request;
}

/// A token is renewed a little before its end, so that what is sent with it arrives in time.
std::chrono::steady_clock::time_point renewalOf(int64_t lifetime, std::chrono::steady_clock::time_point asked) {
  lifetime = std::clamp<int64_t>(lifetime, 0, 366 * 86'400);
  return asked + seconds(lifetime) - std::min<std::chrono::milliseconds>(seconds(10), seconds(lifetime) / 4);
}

llvm::Expected<Token> readToken(llvm::StringRef text, std::chrono::steady_clock::time_point asked) {
  auto document = parseJson(text, kLargestAnswer);
  if (!document) return document.takeError();
  const llvm::json::Object* object = document->getAsObject();
  if (!object) return fault(FaultKind::Invalid, "not a JSON object");
  Token token;
  for (const char* name : {"token", "access_token"})
    if (auto value = object->getString(name); token.text.empty() && value) token.text = value->str();
  if (token.text.empty()) return fault(FaultKind::Invalid, "no token in it");
  token.refresh = object->getString("refresh_token").value_or("").str();
  token.renewAt = renewalOf(object->getInteger("expires_in").value_or(kUsualLifetime), asked);
  return token;
}
}  // namespace

llvm::Expected<Token> fetchToken(const TokenRequest& asked, HttpClient& http, const CancelToken& cancel) {
  auto now = std::chrono::steady_clock::now();
  bool byPost = asked.credential && !asked.credential->identityToken.empty();
  BoundedSink body(kLargestAnswer);
  auto answer = http.send(byPost ? askByPost(asked) : askByGet(asked), &body, cancel);
  if (answer && byPost && (answer->status == 404 || answer->status == 405))
    answer = http.send(askByGet(asked), &body, cancel);
  if (!answer) return withContext(answer.takeError(), "log in to " + asked.domain);
  if (answer->status == 401) return asked.credential ? notKnown(asked.domain) : notLoggedIn(asked.domain);
  if (!answer->succeeded())
    return withContext(statusFault("log in at", asked.realm, *answer), "log in to " + asked.domain);
  auto token = readToken(body.text, now);
  if (!token)
    return withContext(token.takeError(), "log in to " + asked.domain + ": answer of " + redactUrl(asked.realm));
  return token;
}

Tokens::Tokens(std::string domain, std::string path, bool plainAllowed, HttpClient& http, const CancelToken& cancel,
               std::optional<Credential> credential)
    : domain_(std::move(domain)), path_(std::move(path)), plainAllowed_(plainAllowed), http_(http), cancel_(cancel) {
  if (!credential) return;
  lookedUp_ = offline_ = true;
  credential_ = std::move(credential);
}

llvm::Expected<std::optional<Credential>> Tokens::credential() {
  if (lookedUp_) return credential_;
  auto found = findCredential(domain_, path_);
  if (!found) return found.takeError();
  lookedUp_ = true;
  credential_ = std::move(*found);
  return credential_;
}

llvm::Expected<std::string> Tokens::authorization(const Scopes& scopes) {
  std::lock_guard lock(mutex_);
  if (!challenge_) return std::string();
  if (challenge_->scheme == "bearer") return bearer(scopes);
  auto login = credential();
  if (!login) return login.takeError();
  if (!*login) return notLoggedIn(domain_);
  return basic(**login);
}

llvm::Expected<std::string> Tokens::bearer(const Scopes& scopes) {
  if (auto kept = tokens_.find(scopes);
      kept != tokens_.end() && std::chrono::steady_clock::now() < kept->second.renewAt)
    return "Bearer " + kept->second.text;
  auto parameter = [&](const char* name) { return challenge_->parameters[name]; };
  auto realm = parseUrl(parameter("realm"));
  if (!realm) return withContext(realm.takeError(), domain_ + " names no place to get a token");
  if (realm->scheme != "https" && !(realm->scheme == "http" && plainAllowed_))
    return fault(FaultKind::Denied, domain_ + " wants our password sent in the clear to " + realm->bare());
  auto login = credential();
  if (!login) return login.takeError();
  TokenRequest request{.domain = domain_,
                       .realm = realm->bare() + (realm->query.empty() ? "" : "?" + realm->query),
                       .service = parameter("service"),
                       .scopes = scopes,
                       .credential = *login,
                       .offline = offline_};
  auto token = fetchToken(request, http_, cancel_);
  if (!token) return token.takeError();
  if (!token->refresh.empty()) refresh_ = token->refresh;
  return "Bearer " + (tokens_[scopes] = std::move(*token)).text;
}

llvm::Error Tokens::refused(const HttpResponse& response, const std::string& used) {
  std::lock_guard lock(mutex_);
  auto sent = [&](const auto& kept) { return used == "Bearer " + kept.second.text; };
  bool known = !used.empty() && llvm::any_of(tokens_, sent);
  for (auto kept = tokens_.begin(); kept != tokens_.end();) kept = sent(*kept) ? tokens_.erase(kept) : std::next(kept);
  if (challenge_ && challenge_->scheme == "basic" && !used.empty()) return notKnown(domain_);
  if (challenge_ && (known || used.empty())) return llvm::Error::success();
  return learn(response);
}

llvm::Error Tokens::learn(const HttpResponse& response) {
  llvm::StringRef header = response.header("www-authenticate").value_or("");
  for (Challenge& challenge : parseChallenges(header))
    if (challenge.scheme == "bearer" || challenge.scheme == "basic") {
      challenge_ = std::move(challenge);
      return llvm::Error::success();
    }
  return fault(FaultKind::Denied, domain_ + " asks for a login of a kind that strata does not know: " +
                                      printable(header.empty() ? "(none named)" : header));
}

std::string Tokens::refreshToken() {
  std::lock_guard lock(mutex_);
  return refresh_;
}

}  // namespace strata::registry
