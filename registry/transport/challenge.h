#pragma once
/// \file What a registry asks for when it answers 401. Source: RFC 9110, 11.6.1; the distribution project's token
/// authentication specification.

#include <llvm/ADT/StringRef.h>

#include <map>
#include <string>
#include <vector>

namespace strata::registry {

struct Challenge {
  std::string scheme;                             ///< lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters;  ///< names in lower case: realm, service, scope
};

/// Every challenge of a WWW-Authenticate header; what cannot be read is left out.
std::vector<Challenge> parseChallenges(llvm::StringRef header);

}  // namespace strata::registry
