#pragma once
/// \file IPv4 addresses and subnets as numbers.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>

namespace strata::runtime {

/// An address in the host's byte order: 10.0.0.1 is 0x0a000001. 0: none.
using Ipv4 = uint32_t;
std::optional<Ipv4> ipv4From(llvm::StringRef text);
std::string textOf(Ipv4 address);

struct Ipv4Subnet {
  Ipv4 base = 0;  ///< without host bits
  int prefix = 32;

  Ipv4 mask() const { return prefix == 0 ? 0 : ~uint32_t(0) << (32 - prefix); }
  Ipv4 last() const { return base | ~mask(); }  ///< the broadcast address
  bool contains(Ipv4 address) const { return (address & mask()) == base; }
  bool contains(const Ipv4Subnet& other) const { return other.prefix >= prefix && contains(other.base); }
  bool overlaps(const Ipv4Subnet& other) const { return contains(other.base) || other.contains(base); }
  std::string text() const;  ///< "10.0.0.0/24"
};
/// "10.0.0.0/24". Faults: Invalid, also for host bits that are set.
llvm::Expected<Ipv4Subnet> parseSubnet(llvm::StringRef text);

}  // namespace strata::runtime
