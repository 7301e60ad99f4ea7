#pragma once
/// \file Who we are to a registry: what `login` of docker, podman or strata left in a configuration file, or what a
/// credential helper answers. Source: docker's config.json ("auths", "credHelpers", "credsStore"); the protocol of
/// docker-credential-helpers; containers-auth.json(5).

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::registry {

/// Never printed, never logged.
struct Credential {
  std::string user, password;
  std::string identityToken;  ///< instead of a password, for registries that issue tokens
  bool operator==(const Credential&) const = default;
};

/// Looks for `domain` ("docker.io", "localhost:5000") in $REGISTRY_AUTH_FILE, else $DOCKER_CONFIG/config.json, else
/// ~/.docker/config.json; for a repository below it the longest beginning of `path` that a file names wins ("host/team"
/// before "host"). Nothing: we are anonymous there. Faults: Invalid for a file that cannot be understood;
/// Unavailable for a helper that failed, naming it.
llvm::Expected<std::optional<Credential>> findCredential(llvm::StringRef domain, llvm::StringRef path = {});

}  // namespace strata::registry
