#include "registry/client.h"

namespace strata::registry {

Client::Client(const CancelToken& cancel) : Client(cancel, Options()) {}
Client::Client(const CancelToken& cancel, Options options) : cancel_(cancel), options_(std::move(options)) {}
Client::~Client() = default;

llvm::Expected<std::shared_ptr<Host>> Client::host(llvm::StringRef domain, bool insecure) {
  std::shared_ptr<Host>& host = hosts_[{domain.str(), insecure}];
  if (!host) host = std::make_shared<Host>(domain.str(), Host::Options{.insecure = insecure, .http = {}}, cancel_);
  return host;
}

llvm::Expected<Repository*> Client::repository(const Reference& reference, Use use) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<Repository>& repository = repositories_[{reference.repository(), use}];
  if (repository) return repository.get();
  auto home = host(reference.domain, options_.insecure);
  if (!home) return home.takeError();
  auto endpoint = std::make_unique<Endpoint>(*home, reference.path, options_.retries, use == Use::Push);
  repository = std::make_unique<Repository>(reference, std::vector<PullSource>(), std::move(endpoint));
  return repository.get();
}

llvm::Expected<std::unique_ptr<Endpoint>> Client::registry(llvm::StringRef domain,
                                                           std::optional<Credential> credential) {
  std::lock_guard lock(mutex_);
  auto found = host(domain, options_.insecure);
  if (!found) return found.takeError();
  return std::make_unique<Endpoint>(*found, "", options_.retries, false, std::move(credential));
}

}  // namespace strata::registry
