#pragma once
/// \file Keeping and forgetting logins where docker does: in the configuration file, or with the helper that it names.
/// Source: docker's config.json; the protocol of docker-credential-helpers (store, erase).

#include "registry/settings/credentials.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::registry {

struct CredentialPlace {
  std::string file;
  std::string helper;  ///< "docker-credential-pass"; empty: the secret is in the file, for whoever can read it
  std::string key;
};

/// The file is replaced in one rename, with mode 0600 and every other member kept. Faults: as lookUpCredential(); Io.
llvm::Expected<CredentialPlace> storeCredential(llvm::StringRef domain, const Credential& credential);
/// Nothing where there was no login. Faults: as storeCredential().
llvm::Expected<std::optional<CredentialPlace>> eraseCredential(llvm::StringRef domain);

}  // namespace strata::registry
