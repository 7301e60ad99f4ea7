#include "registry/settings/proxies.h"

#include "support/url.h"

#include <llvm/ADT/SmallVector.h>

#include <cstdlib>

namespace strata::registry {

namespace {
std::string variable(const char* name) {
  const char* value = ::getenv(name);
  return value ? value : "";
}

/// The lower-case name first; for no scheme both.
std::string firstOf(llvm::ArrayRef<const char*> names) {
  for (const char* name : names)
    if (std::string value = variable(name); !value.empty()) return value;
  return "";
}

/// Names of no_proxy cover the hosts below them.
bool exempted(llvm::StringRef host, llvm::StringRef exempt) {
  llvm::SmallVector<llvm::StringRef> names;
  exempt.split(names, ',', -1, false);
  for (llvm::StringRef name : names) {
    name = name.trim().ltrim('.');
    if (name == "*" || host == name || (!name.empty() && host.ends_with("." + name.str()))) return true;
  }
  return false;
}
}  // namespace

ProxyReport proxyFor(llvm::StringRef scheme, llvm::StringRef host) {
  ProxyReport report;
  for (const char* name :
       {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
    if (std::string value = variable(name); !value.empty()) report.variables.push_back({redactUrl(value), name});
  std::string proxy = scheme == "https" ? firstOf({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
                                        : firstOf({"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
  if (!proxy.empty() && !exempted(host, firstOf({"no_proxy", "NO_PROXY"}))) report.used = redactUrl(proxy);
  return report;
}

}  // namespace strata::registry
