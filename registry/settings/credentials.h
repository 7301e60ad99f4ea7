#pragma once
/// \file Who we are to a registry: what `login` of docker, podman or strata left in a configuration file, or what a
/// credential helper answers. Source: docker's config.json ("auths", "credHelpers", "credsStore"); the protocol of
/// docker-credential-helpers; containers-auth.json(5).

#include "registry/settings/looked_at.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::registry {

/// Never printed, never logged.
struct Credential {
  std::string user, password;
  std::string identityToken;  ///< instead of a password, for registries that issue tokens
  bool operator==(const Credential&) const = default;
};

struct FoundCredential {
  std::optional<Credential> credential;  ///< nothing: we are anonymous there
  std::string file, key;                 ///< where it is written, or which helper a file names
  std::string helper;                    ///< "docker-credential-pass", if it came from one
  std::vector<LookedAt> files;
};

/// Looks for `domain` ("docker.io", "localhost:5000") in $REGISTRY_AUTH_FILE alone, else in $DOCKER_CONFIG/config.json
/// or ~/.docker/config.json, then where podman keeps logins. For a repository below it the longest beginning of `path`
/// that a file names wins ("host/team" before "host"). Faults: Invalid for a file that cannot be understood; Denied for
/// a helper that failed, naming it.
llvm::Expected<FoundCredential> lookUpCredential(llvm::StringRef domain, llvm::StringRef path = {});
llvm::Expected<std::optional<Credential>> findCredential(llvm::StringRef domain, llvm::StringRef path = {});

/// A configuration file as it stands; an empty one has no members. Faults: NotFound; Denied; Invalid.
llvm::Expected<llvm::json::Object> readConfiguration(const std::string& file);
/// The file that a login is written to.
llvm::Expected<std::string> credentialFile();
/// The names under which a file may keep a login, the best first: for docker.io "https://index.docker.io/v1/".
std::vector<std::string> credentialKeys(llvm::StringRef domain, llvm::StringRef path = {});
/// The helper that a configuration names for one of the keys: "pass" of credHelpers, else of credsStore.
std::optional<std::string> helperOf(const llvm::json::Object& configuration, llvm::ArrayRef<std::string> keys);

}  // namespace strata::registry
