#pragma once
/// \file How one registry is reached: over TLS or not, with which certificates, over connections that are kept.

#include "support/cancel.h"
#include "support/http.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <atomic>
#include <mutex>
#include <string>

namespace strata::registry {

/// Hosts of this very machine, to which nobody listens in: "localhost:5000", "127.0.0.1", "[::1]:5000".
bool isLocalHost(llvm::StringRef domain);

/// Any thread.
class Host {
public:
  struct Options {
    bool insecure = false;  ///< plain HTTP and any certificate will do
    HttpClient::Options http;
  };
  /// `domain`: "docker.io", "localhost:5000". `cancel` is borrowed. Asks nothing yet.
  Host(std::string domain, Options options, const CancelToken& cancel);

  const std::string& domain() const { return domain_; }
  /// Whether plain HTTP may be spoken: with insecure hosts and with those of this machine.
  bool plainAllowed() const { return plainAllowed_; }
  /// "https://registry-1.docker.io". Where plain HTTP would do as well the registry is asked, once: this machine's
  /// first over HTTP, others first over TLS. Faults: Unavailable; Cancelled.
  llvm::Expected<std::string> origin();
  /// Connections to the registry itself.
  HttpClient& http() { return *http_; }
  /// The same without our certificate, for places that the registry sends us to.
  HttpClient& elsewhere() { return elsewhere_ ? *elsewhere_ : *http_; }
  const CancelToken& cancel() const { return cancel_; }
  /// Whether anybody was ever heard there: a name that leads nowhere is likelier mistyped than busy.
  bool hasAnswered() const { return hasAnswered_; }
  void answered() { hasAnswered_ = true; }

private:
  llvm::Expected<bool> answersOver(llvm::StringRef scheme);
  llvm::Expected<std::string> findScheme();

  std::string domain_, name_;
  bool insecure_, plainAllowed_;
  const CancelToken& cancel_;
  std::unique_ptr<HttpClient> http_, elsewhere_;
  std::atomic<bool> hasAnswered_ = false;
  std::mutex mutex_;
  std::string origin_;  ///< once known
};

}  // namespace strata::registry
