#pragma once
/// \file Asking a registry whether it knows a user, before the login is kept.

#include "registry/client.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::registry {

/// "docker.io" of what `login` is given: a host, with or without a scheme and a path; of nothing: Docker Hub.
std::string registryNamed(llvm::StringRef server);

/// What to keep: the login itself, or the token that the registry gave for it. Faults: Denied if the registry refuses
/// it; as Endpoint::send().
llvm::Expected<Credential> verifyLogin(Client& client, llvm::StringRef domain, const Credential& login);

}  // namespace strata::registry
