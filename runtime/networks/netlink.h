#pragma once
/// \file Interfaces, addresses and routes of one network namespace, through the kernel's rtnetlink: what is done for
/// each container, and so must take no program. Source: rtnetlink(7), netlink(7), veth(4).

#include "runtime/networks/ipv4.h"
#include "support/unique_fd.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::runtime {

/// One request at a time. Every fault has the kernel's reason.
class Netlink {
public:
  /// To the namespace in which the calling thread is now, whichever it goes to later.
  static llvm::Expected<Netlink> open();

  struct Cable {
    std::string hostName;  ///< of the end that stays here, plugged into `bridge`
    std::string bridge;
    std::string name, mac;  ///< of the other end
    int netNamespace = -1;  ///< where that is put
  };
  /// Both ends are there, ours is up. Faults: NotFound without such a bridge; Exists for a name that is taken.
  [[nodiscard]] llvm::Error makeCable(const Cable& cable);
  /// An interface without use, which has this name.
  [[nodiscard]] llvm::Error makePlaceholder(const std::string& name);
  [[nodiscard]] llvm::Error bringUp(const std::string& name);
  [[nodiscard]] llvm::Error addAddress(const std::string& name, Ipv4 address, int prefix);
  /// A default route that is there already stays.
  [[nodiscard]] llvm::Error addDefaultRoute(Ipv4 gateway);
  /// Returns when a change of its carrier is done with. The kernel does that in the background, a second later if there
  /// is much to do, and drops what is sent meanwhile.
  [[nodiscard]] llvm::Error settle(const std::string& name);
  /// Nothing to remove is success.
  [[nodiscard]] llvm::Error remove(const std::string& name);

  struct Link {
    uint32_t index = 0, master = 0;
    std::string name;
  };
  llvm::Expected<std::vector<Link>> links();
  llvm::Expected<bool> has(llvm::StringRef name);

private:
  explicit Netlink(UniqueFd socket) : socket_(std::move(socket)) {}
  class Request;
  [[nodiscard]] llvm::Error send(Request& request, const llvm::Twine& doing);
  llvm::Expected<uint32_t> indexOf(llvm::StringRef name);
  UniqueFd socket_;
  uint32_t sequence_ = 0;
};

/// A network namespace that nothing names but this descriptor: it goes with its last process and descriptor. "lo" is
/// up; ports below 1024 and ping are everybody's, as in docker's containers; no IPv6 but on "lo". The calling thread is
/// where it was.
llvm::Expected<UniqueFd> makeNetworkNamespace();
/// The other way in. Faults: Denied; Io.
llvm::Expected<Netlink> netlinkIn(int netNamespace);

}  // namespace strata::runtime
