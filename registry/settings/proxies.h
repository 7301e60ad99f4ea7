#pragma once
/// \file Which proxy libcurl will take from the environment, told to people. Source: curl(1), "ENVIRONMENT".

#include "registry/settings/looked_at.h"

#include <optional>
#include <string>
#include <vector>

namespace strata::registry {

struct ProxyReport {
  std::vector<Said> variables;      ///< those that are set (`file` is the name), passwords left out
  std::optional<std::string> used;  ///< for requests to the host; passwords left out
};

/// `scheme`: "http" or "https"; `host` without its port.
ProxyReport proxyFor(llvm::StringRef scheme, llvm::StringRef host);

}  // namespace strata::registry
