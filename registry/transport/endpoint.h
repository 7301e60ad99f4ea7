#pragma once
/// \file One repository's place at one registry: requests with the login that it asks for, tried again as long as that
/// may help. Source: OCI distribution-spec v1.1; RFC 9110, 15.4 (redirects).

#include "registry/transport/host.h"
#include "registry/transport/retry.h"
#include "registry/transport/tokens.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strata::registry {

/// What a token must allow.
enum class Access { Read, Write, Delete };

struct Call {
  std::string method = "GET";
  /// "manifests/v1" below the repository, "/v2/" below the host, or a whole URL.
  std::string where;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> body;
  Access access = Access::Read;
  std::string alsoRead;  ///< path of another repository of the registry, to mount from
};

struct Answer {
  HttpResponse http;
  std::string text;  ///< of a success
};

/// What an unsuccessful answer means, with what the registry says of it: as statusFault().
[[nodiscard]] llvm::Error registryFault(llvm::StringRef method, const HttpResponse& response);

/// Any thread.
class Endpoint {
public:
  /// `path`: "library/app"; empty: of the registry as a whole. `writes`: reading, too, is asked for with the scope of
  /// writing, so that a push needs one token. `credential`: instead of what files and helpers know.
  Endpoint(std::shared_ptr<Host> host, std::string path, RetryBudget budget, bool writes = false,
           std::optional<Credential> credential = {});

  /// Bounded answers: 16 MiB. Any status is an answer; those that may pass are tried again before. Faults: Unavailable
  /// when the budget is spent; Denied; Invalid; Cancelled.
  llvm::Expected<Answer> send(const Call& call);
  /// One attempt, whose body is pulled. Redirects are followed; our login stays with the registry.
  llvm::Expected<std::unique_ptr<HttpStream>> open(const Call& call);
  /// One attempt, whose body is pushed.
  llvm::Expected<std::unique_ptr<HttpUpload>> upload(const Call& call, std::optional<uint64_t> size);
  /// After a 401 that upload() met: what is sent next has another login. Faults: Denied.
  [[nodiscard]] llvm::Error refused(const HttpResponse& response);

  /// For work of several requests: as Attempts::again(), of which there are but few while the host has never answered.
  Attempts attempts() const { return {budget_, host_->cancel()}; }
  [[nodiscard]] llvm::Error again(Attempts& attempts, llvm::Error failure,
                                  std::optional<std::chrono::milliseconds> asked = {});

  Host& host() { return *host_; }
  const std::string& path() const { return path_; }
  Tokens& tokens() { return tokens_; }

private:
  struct Prepared;
  llvm::Expected<Prepared> prepare(const Call& call);
  llvm::Expected<std::unique_ptr<HttpStream>> openOnce(const Prepared& prepared);
  llvm::Expected<Answer> sendOnce(const Call& call);
  Scopes scopesOf(const Call& call) const;

  std::shared_ptr<Host> host_;
  std::string path_;
  RetryBudget budget_;
  bool writes_;
  Tokens tokens_;
};

}  // namespace strata::registry
