#pragma once
/// \file What goes into Authorization for one registry: nothing until it asks, then basic, or bearer tokens by scope,
/// kept as long as they last. Source: the distribution project's token authentication specification (token and OAuth2
/// forms).

#include "registry/settings/credentials.h"
#include "registry/transport/challenge.h"
#include "support/cancel.h"
#include "support/http.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace strata::registry {

/// Sorted, each once: "repository:team/app:pull", "repository:base:pull".
using Scopes = std::vector<std::string>;

struct Token {
  std::string text;
  std::string refresh;  ///< for the next one, if the issuer gives such
  std::chrono::steady_clock::time_point renewAt;
};

struct TokenRequest {
  std::string domain;  ///< of the registry that wants the token, for messages
  std::string realm, service;
  Scopes scopes;
  std::optional<Credential> credential;
  bool offline = false;  ///< asks for a refresh token too
};

/// Asks the realm: with a refresh token by POST (by GET where the realm knows no POST), else by GET.
/// Faults: Denied; Unavailable; Invalid for an answer without a token.
llvm::Expected<Token> fetchToken(const TokenRequest& request, HttpClient& http, const CancelToken& cancel);

/// Any thread. `http` and `cancel` are borrowed.
class Tokens {
public:
  /// `plainAllowed`: a realm may be asked over http. `credential`: nothing means that files and helpers are asked,
  /// once.
  Tokens(std::string domain, std::string path, bool plainAllowed, HttpClient& http, const CancelToken& cancel,
         std::optional<Credential> credential = {});

  /// The header's value, which may be "" as long as the registry has not asked for anything. A token is renewed before
  /// it ends. Faults: as fetchToken(); Denied if we have no login.
  llvm::Expected<std::string> authorization(const Scopes& scopes);
  /// A 401 came although `used` was sent: forgets that token and learns what is asked for. Faults: Denied for a kind of
  /// login that is not known, and where another attempt would send the same again.
  [[nodiscard]] llvm::Error refused(const HttpResponse& response, const std::string& used);
  /// The refresh token that came with a token asked for `offline`.
  std::string refreshToken();

private:
  llvm::Expected<std::string> bearer(const Scopes& scopes);
  llvm::Error learn(const HttpResponse& response);
  llvm::Expected<std::optional<Credential>> credential();

  std::string domain_, path_;
  bool plainAllowed_;
  HttpClient& http_;
  const CancelToken& cancel_;
  std::mutex mutex_;  ///< over what follows; held while a token is fetched, which all others would need too
  bool lookedUp_ = false, offline_ = false;
  std::optional<Credential> credential_;
  std::optional<Challenge> challenge_;
  std::map<Scopes, Token> tokens_;
  std::string refresh_;
};

}  // namespace strata::registry
