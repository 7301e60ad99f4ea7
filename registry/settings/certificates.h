#pragma once
/// \file Whom to trust and who we are at one registry: the files of certs.d. Source: docker's documentation, "Verify
/// repository client with certificates"; containers-certs.d(5).

#include "registry/settings/looked_at.h"
#include "support/http.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::registry {

struct Certificates {
  std::vector<std::string> authorities;  ///< *.crt
  struct Pair {
    std::string certificate, key;  ///< *.cert, *.key
  };
  std::vector<Pair> pairs;       ///< the first is used
  std::vector<LookedAt> places;  ///< directories

  /// As a client needs them. Faults: NotFound, Denied, Io for a file that cannot be read.
  llvm::Expected<HttpClient::Options> options() const;
};

/// Of "host:port" below ~/.config/containers/certs.d, /etc/containers/certs.d and /etc/docker/certs.d.
/// Faults: Invalid for a certificate without its key, naming both.
llvm::Expected<Certificates> findCertificates(llvm::StringRef domain);

}  // namespace strata::registry
