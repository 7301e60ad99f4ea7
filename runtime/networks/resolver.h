#pragma once
/// \file A container's resolv.conf, as docker makes it.

#include "runtime/networks/ipv4.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

/// `--dns`, `--dns-search`, `--dns-option`.
struct ResolverWishes {
  std::vector<std::string> servers, searches, options;
};
/// Faults: Invalid for a server that is no address.
[[nodiscard]] llvm::Error checkResolverWishes(const ResolverWishes& wishes);

/// `host`: the host's own file. `nameServer` answers for the container's networks, and asks others itself; 0: there is
/// none. A server that the host reaches by loopback is left out, and where that leaves none, public ones stand in
/// (docker's: 8.8.8.8 and 8.8.4.4). `sharesHost`: the container is on the host's network, where loopback works.
enum class SharesHost { No, Yes };
std::string resolvConfFor(llvm::StringRef host, const ResolverWishes& wishes, Ipv4 nameServer, SharesHost sharesHost);

/// The host's file; of systemd-resolved the one that names the servers themselves. Empty: it has none.
std::string hostResolvConf(SharesHost sharesHost);

}  // namespace strata::runtime
