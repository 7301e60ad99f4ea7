#pragma once
/// \file All that decides how one registry is spoken to, and what it answers now: for people who wonder why a pull goes
/// where it goes.

#include "registry/client.h"
#include "registry/settings/certificates.h"
#include "registry/settings/proxies.h"

#include <llvm/Support/Error.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::registry {

/// What GET /v2/ brought, without any login.
struct Ping {
  std::string url;      ///< "https://mirror.example:5000/v2/"
  int status = 0;       ///< 0: no answer
  std::string asksFor;  ///< "", "basic", "bearer https://auth.example/token (service registry)"
  std::string problem;  ///< why there is no answer
  std::chrono::milliseconds time{0};

  bool answers() const { return status == 200 || status == 401; }
};

struct PlaceReport {
  std::string place;  ///< "mirror.example:5000/hub"
  bool mirror = false, insecure = false, tags = true, digests = true;
  Ping ping;
};

struct RegistryReport {
  std::string name;  ///< what was asked about: "docker.io", "localhost:5000/team"
  std::vector<LookedAt> files;
  std::optional<RegistryEntry> entry;
  std::vector<Said> searched;
  std::map<std::string, Said> aliases;  ///< short names that lead here
  FoundCredential credential;
  std::string credentialProblem;
  Certificates certificates;
  ProxyReport proxy;
  std::vector<PlaceReport> places;  ///< in the order of asking; the last is the registry itself

  bool blocked() const { return entry && entry->blocked; }
  /// The place that would answer a pull by tag; null: none does.
  const PlaceReport* answering() const;
};

/// `name`: a registry, or a repository or namespace of it. Asks every place once, for 5 seconds at
/// most, and none of a registry that is blocked.
/// Faults: Invalid for settings that cannot be understood, naming the file; Cancelled.
llvm::Expected<RegistryReport> reportOn(llvm::StringRef name, const CancelToken& cancel);

}  // namespace strata::registry
