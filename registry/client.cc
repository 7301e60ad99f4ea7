#include "registry/client.h"

#include "registry/settings/certificates.h"
#include "registry/short_names.h"
#include "support/fault.h"

namespace strata::registry {

Client::Client(const CancelToken& cancel) : Client(cancel, Options()) {}
Client::Client(const CancelToken& cancel, Options options) : Client(nullptr, cancel, std::move(options)) {}
Client::Client(const Client* sibling, const CancelToken& cancel, Options options)
    : shared_(sibling ? sibling->shared_ : std::make_shared<Shared>()), cancel_(cancel), options_(std::move(options)) {}
Client::~Client() = default;

llvm::Expected<const RegistriesConf*> Client::Shared::settings() {
  std::lock_guard lock(mutex_);
  if (!settings_) {
    auto loaded = loadRegistriesConf();
    if (!loaded) return loaded.takeError();
    settings_ = std::move(*loaded);
  }
  return &*settings_;
}

llvm::Expected<std::shared_ptr<Server>> Client::Shared::server(llvm::StringRef domain, bool insecure) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Server>& server = servers_[{domain.str(), insecure}];
  if (server) return server;
  auto certificates = findCertificates(domain);
  if (!certificates) return certificates.takeError();
  auto http = certificates->options();
  if (!http) return http.takeError();
  server = std::make_shared<Server>(domain.str(), Server::Options{.insecure = insecure, .http = std::move(*http)});
  return server;
}

llvm::Expected<const RegistriesConf*> Client::settings() { return shared_->settings(); }

llvm::Expected<std::shared_ptr<Host>> Client::host(llvm::StringRef domain, bool insecure) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Host>& host = hosts_[{domain.str(), insecure}];
  if (host) return host;
  auto server = shared_->server(domain, insecure);
  if (!server) return server.takeError();
  host = std::make_shared<Host>(std::move(*server), cancel_);
  return host;
}

/// `place`: "mirror.example:5000/hub/library/app".
llvm::Expected<PullSource> Client::sourceAt(llvm::StringRef place, bool insecure, const RetryBudget& budget) {
  auto [domain, path] = place.split('/');
  if (domain.empty() || path.empty()) return fault(FaultKind::Invalid, "\"" + place + "\" is no repository");
  auto found = host(domain, insecure);
  if (!found) return found.takeError();
  return PullSource{.endpoint = std::make_unique<Endpoint>(*found, path.str(), budget)};
}

llvm::Expected<std::vector<PullSource>> Client::sourcesFor(const Reference& reference, const RegistryEntry& entry) {
  std::vector<PullSource> sources;
  std::string name = reference.repository();
  RetryBudget once = options_.retries;
  once.attempts = 1;  // there is another place to ask
  for (const MirrorEntry& mirror : entry.mirrors) {
    auto source = sourceAt(entry.rewritten(name, mirror.location), mirror.insecure || options_.insecure, once);
    if (!source) return withContext(source.takeError(), entry.file);
    source->tags = mirror.tags;
    source->digests = mirror.digests;
    sources.push_back(std::move(*source));
  }
  bool insecure = entry.insecure || options_.insecure;
  auto itself = sourceAt(entry.rewritten(name, entry.location), insecure, options_.retries);
  if (!itself) return withContext(itself.takeError(), entry.file);
  sources.push_back(std::move(*itself));
  return sources;
}

llvm::Expected<std::unique_ptr<Repository>> Client::makeRepository(const Reference& reference, Use use) {
  auto conf = settings();
  if (!conf) return conf.takeError();
  const RegistryEntry* entry = (*conf)->find(reference.repository());
  if (entry && entry->blocked)
    return fault(FaultKind::Denied,
                 reference.repository() + " is blocked by " + entry->file + " (" + entry->prefix + ")");
  std::vector<PullSource> sources;
  if (entry && use == Use::Pull) {
    auto found = sourcesFor(reference, *entry);
    if (!found) return found.takeError();
    sources = std::move(*found);
  }
  auto home = host(reference.domain, options_.insecure || (entry && entry->insecure));
  if (!home) return home.takeError();
  auto endpoint = std::make_unique<Endpoint>(*home, reference.path, options_.retries, use == Use::Push);
  return std::make_unique<Repository>(reference, std::move(sources), std::move(endpoint));
}

llvm::Expected<Repository*> Client::repository(const Reference& reference, Use use) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<Repository>& repository = repositories_[{reference.repository(), use}];
  if (repository) return repository.get();
  auto made = makeRepository(reference, use);
  if (!made) return made.takeError();
  repository = std::move(*made);
  return repository.get();
}

llvm::Expected<Reference> Client::find(llvm::StringRef name) {
  auto conf = settings();
  if (!conf) return conf.takeError();
  auto meanings = meaningsOf(name, **conf);
  if (!meanings) return meanings.takeError();
  if (meanings->size() == 1) return meanings->front();
  llvm::Error failure = llvm::Error::success();
  for (const Reference& meaning : *meanings) {
    auto isThere = has(meaning);
    if (isThere && *isThere) {
      llvm::consumeError(std::move(failure));
      return meaning;
    }
    llvm::Error error = isThere.takeError();
    if (takeIf(error, FaultKind::Denied)) continue;  // who it is private to is not known
    bool stops = error && kindOf(error) == FaultKind::Cancelled;
    failure = llvm::joinErrors(std::move(failure), withContext(std::move(error), meaning.familiar()));
    if (stops) break;
  }
  if (failure) return failure;
  return meanings->front();
}

llvm::Expected<bool> Client::has(const Reference& reference) {
  auto place = repository(reference);
  if (!place) return place.takeError();
  auto found = (*place)->resolve(reference.tagOrDigest());
  if (!found) return found.takeError();
  return found->has_value();
}

llvm::Expected<std::unique_ptr<Endpoint>> Client::registry(llvm::StringRef domain,
                                                           std::optional<Credential> credential) {
  auto conf = settings();
  if (!conf) return conf.takeError();
  const RegistryEntry* entry = (*conf)->find(domain);
  auto found = host(domain, options_.insecure || (entry && entry->insecure));
  if (!found) return found.takeError();
  return std::make_unique<Endpoint>(*found, "", options_.retries, false, std::move(credential));
}

}  // namespace strata::registry
