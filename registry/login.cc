#include "registry/login.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::registry {

std::string registryNamed(llvm::StringRef server) {
  server.consume_front("https://");
  server.consume_front("http://");
  llvm::StringRef host = server.split('/').first;
  bool hub = llvm::is_contained({"", "docker.io", "index.docker.io", "registry-1.docker.io"}, host);
  return hub ? "docker.io" : host.str();
}

llvm::Expected<Credential> verifyLogin(Client& client, llvm::StringRef domain, const Credential& login) {
  auto registry = client.registry(domain, login);
  if (!registry) return registry.takeError();
  auto answer = (*registry)->send({.where = "/v2/"});
  if (!answer) return withContext(answer.takeError(), "login to " + domain);
  if (!answer->http.succeeded()) return withContext(registryFault("GET", answer->http), "login to " + domain);
  std::string token = (*registry)->tokens().refreshToken();
  if (token.empty()) return login;
  return Credential{.user = login.user, .password = "", .identityToken = token};
}

}  // namespace strata::registry
