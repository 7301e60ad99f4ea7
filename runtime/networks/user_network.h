#pragma once
/// \file The network of an ordinary user's container: a namespace of its own, whose packets slirp4netns turns into
/// connections of ours. No bridge, no firewall, no rights. Source: slirp4netns(1).

#include "runtime/networks/ipv4.h"
#include "runtime/networks/published_ports.h"
#include "support/unique_fd.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::runtime {

/// Whether there can be one here. Faults: NotFound without slirp4netns; Unsupported where /dev/net/tun is not for us.
/// Each says what would help.
llvm::Expected<std::string> findUserNetworkProgram();

/// `--network` of it, and what HostConfig.NetworkMode says.
inline constexpr llvm::StringLiteral kUserNetwork = "slirp4netns";

class UserNetwork {
public:
  /// `directory` is for its socket. Returns when packets flow. Faults: as findUserNetworkProgram(); Unavailable, also
  /// for a port that is in use.
  static llvm::Expected<UserNetwork> start(llvm::ArrayRef<PublishedPort> ports, const std::string& directory);

  const UniqueFd& netNamespace() const { return namespace_; }
  static Ipv4 address();     ///< of every such container
  static Ipv4 nameServer();  ///< passes questions to the host's

private:
  UniqueFd namespace_;
  UniqueFd life_;  ///< slirp4netns ends when this is closed, also by our death
};

}  // namespace strata::runtime
