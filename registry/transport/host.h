#pragma once
/// \file How one registry is reached: over TLS or not, with which certificates, over connections that are kept.

#include "support/cancel.h"
#include "support/http.h"

#include <llvm/Support/Error.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace strata::registry {

/// Hosts of this very machine, to which nobody listens in: "localhost:5000", "127.0.0.1", "[::1]:5000".
bool isLocalHost(llvm::StringRef domain);

/// What is found out about a server once, and the connections to it: for everybody who asks it. Any thread.
class Server {
public:
  struct Options {
    bool insecure = false;  ///< plain HTTP and any certificate will do
    HttpClient::Options http;
  };
  /// `domain`: "docker.io", "localhost:5000". Asks nothing yet.
  Server(std::string domain, Options options);

  const std::string& domain() const { return domain_; }
  /// Whether plain HTTP may be spoken: with insecure hosts and with those of this machine.
  bool plainAllowed() const { return plainAllowed_; }
  /// "https://registry-1.docker.io". Where plain HTTP would do as well the registry is asked, once: this machine's
  /// first over HTTP, others first over TLS. Faults: Unavailable; Cancelled.
  llvm::Expected<std::string> origin(const CancelToken& cancel);
  /// Connections to the registry itself.
  HttpClient& http() { return *http_; }
  /// The same without our certificate, for places that the registry sends us to.
  HttpClient& elsewhere() { return elsewhere_ ? *elsewhere_ : *http_; }
  /// Whether anybody was ever heard there: a name that leads nowhere is likelier mistyped than busy.
  bool hasAnswered() const { return hasAnswered_; }
  void answered() { hasAnswered_ = true; }

private:
  llvm::Expected<bool> answersOver(llvm::StringRef scheme, const CancelToken& cancel);
  llvm::Expected<std::string> findScheme(const CancelToken& cancel);

  std::string domain_, name_;
  bool insecure_, plainAllowed_;
  std::unique_ptr<HttpClient> http_, elsewhere_;
  std::atomic<bool> hasAnswered_ = false;
  std::mutex mutex_;
  std::string origin_;  ///< once known
};

/// A server, for one who may lose patience on his own. Any thread.
class Host {
public:
  /// `cancel` is borrowed.
  Host(std::shared_ptr<Server> server, const CancelToken& cancel) : server_(std::move(server)), cancel_(cancel) {}

  const std::string& domain() const { return server_->domain(); }
  bool plainAllowed() const { return server_->plainAllowed(); }
  llvm::Expected<std::string> origin() { return server_->origin(cancel_); }
  HttpClient& http() { return server_->http(); }
  HttpClient& elsewhere() { return server_->elsewhere(); }
  const CancelToken& cancel() const { return cancel_; }
  bool hasAnswered() const { return server_->hasAnswered(); }
  void answered() { server_->answered(); }

private:
  std::shared_ptr<Server> server_;
  const CancelToken& cancel_;
};

}  // namespace strata::registry
