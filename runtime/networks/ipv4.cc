#include "runtime/networks/ipv4.h"

#include "support/fault.h"
#include "support/text.h"

#include <arpa/inet.h>

namespace strata::runtime {

std::optional<Ipv4> ipv4From(llvm::StringRef text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.str().c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::string textOf(Ipv4 address) {
  in_addr network{htonl(address)};
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &network, text, sizeof text);
}

std::string Ipv4Subnet::text() const { return textOf(base) + "/" + std::to_string(prefix); }

llvm::Expected<Ipv4Subnet> parseSubnet(llvm::StringRef text) {
  auto [address, length] = text.split('/');
  Ipv4Subnet subnet;
  auto base = ipv4From(address);
  if (!base || length.getAsInteger(10, subnet.prefix) || subnet.prefix < 1 || subnet.prefix > 32)
    return fault(FaultKind::Invalid, "invalid CIDR address: " + printable(text) + "; write it as 10.1.0.0/16");
  subnet.base = *base & subnet.mask();
  if (subnet.base != *base)
    return fault(FaultKind::Invalid,
                 "invalid network config: " + printable(text) + " has host bits set; the network is " + subnet.text());
  return subnet;
}

}  // namespace strata::runtime
