#include "registry/transport/host.h"

#include "support/fault.h"

namespace strata::registry {

namespace {
/// The name under which a registry answers; docker.io is a name for people.
llvm::StringRef serverOf(llvm::StringRef domain) { return domain == "docker.io" ? "registry-1.docker.io" : domain; }
}  // namespace

bool isLocalHost(llvm::StringRef domain) {
  llvm::StringRef host = domain.starts_with("[") ? domain.split(']').first.drop_front() : domain.split(':').first;
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Server::Server(std::string domain, Options options)
    : domain_(std::move(domain)),
      name_(serverOf(domain_).str()),
      insecure_(options.insecure),
      plainAllowed_(options.insecure || isLocalHost(domain_)) {
  if (options.insecure) options.http.verify = false;
  if (!options.http.certificateFile.empty()) {
    HttpClient::Options nameless = options.http;
    nameless.certificateFile = nameless.keyFile = "";
    elsewhere_ = std::make_unique<HttpClient>(std::move(nameless));
  }
  http_ = std::make_unique<HttpClient>(std::move(options.http));
}

llvm::Expected<std::string> Server::origin(const CancelToken& cancel) {
  std::lock_guard lock(mutex_);
  if (!origin_.empty()) return origin_;
  auto scheme = findScheme(cancel);
  if (!scheme) return scheme.takeError();
  origin_ = *scheme + "://" + name_;
  return origin_;
}

/// A server that speaks TLS answers plain HTTP with 400, with a way to https, or not at all.
llvm::Expected<bool> Server::answersOver(llvm::StringRef scheme, const CancelToken& cancel) {
  HttpRequest request{.url = (scheme + "://" + name_ + "/v2/").str(), .followRedirects = false};
  auto answer = http_->send(request, nullptr, cancel);
  if (!answer) return answer.takeError();
  answered();
  bool upgrades = answer->status / 100 == 3 && answer->header("location").value_or("").starts_with("https:");
  return scheme == "https" || (answer->status != 400 && !upgrades);
}

llvm::Expected<std::string> Server::findScheme(const CancelToken& cancel) {
  if (!plainAllowed_) return "https";
  bool plainFirst = isLocalHost(domain_) && !insecure_;
  llvm::StringRef first = plainFirst ? "http" : "https", second = plainFirst ? "https" : "http";
  auto answers = answersOver(first, cancel);
  if (answers && *answers) return first.str();
  llvm::Error error = answers ? llvm::Error::success() : answers.takeError();
  if (error && kindOf(error) == FaultKind::Cancelled) return error;
  auto others = answersOver(second, cancel);
  if (others) {
    llvm::consumeError(std::move(error));
    return second.str();
  }
  // Nobody there at all is said once; a certificate that is refused is what matters.
  llvm::consumeError(std::move(error));
  return others.takeError();
}

}  // namespace strata::registry
