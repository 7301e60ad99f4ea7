#include "runtime/networks/free_subnets.h"

#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/bit.h>

#include <arpa/inet.h>

namespace strata::runtime {

namespace {
/// A pool is cut into subnets of `size`. Source: docker's documentation, "Default address pools".
struct Pool {
  Ipv4Subnet whole;
  int size;
};
constexpr Pool kPools[] = {{{0xac110000, 16}, 16}, {{0xac120000, 16}, 16}, {{0xac130000, 16}, 16},
                           {{0xac140000, 14}, 16}, {{0xac180000, 14}, 16}, {{0xac1c0000, 14}, 16},
                           {{0xc0a80000, 16}, 20}};
constexpr size_t kLargestTable = 64 << 20;
constexpr unsigned kFields = 11;  // of a line: interface, destination, gateway, flags, ..., mask at 7
}  // namespace

/// Source: proc_net_route(5): addresses are the memory of a number in network order, as hexadecimal digits.
llvm::Expected<std::vector<Ipv4Subnet>> hostRoutes() {
  auto text = readFile("/proc/thread-self/net/route", kLargestTable);
  if (!text) return text.takeError();
  std::vector<Ipv4Subnet> routes;
  for (llvm::StringRef rest = llvm::StringRef(*text).split('\n').second; !rest.empty();) {
    auto [line, next] = rest.split('\n');
    rest = next;
    llvm::SmallVector<llvm::StringRef> fields;
    line.split(fields, '\t', -1, false);
    uint32_t base = 0, mask = 0;
    if (fields.size() < kFields || fields[1].getAsInteger(16, base) || fields[7].getAsInteger(16, mask)) continue;
    if (mask != 0) routes.push_back({ntohl(base), int(llvm::popcount(mask))});
  }
  return routes;
}

llvm::Expected<Ipv4Subnet> freeSubnet(llvm::ArrayRef<Ipv4Subnet> taken) {
  for (const Pool& pool : kPools) {
    uint64_t step = uint64_t(1) << (32 - pool.size);
    for (uint64_t base = pool.whole.base; base <= pool.whole.last(); base += step) {
      Ipv4Subnet candidate{Ipv4(base), pool.size};
      if (llvm::none_of(taken, [&](const Ipv4Subnet& other) { return other.overlaps(candidate); })) return candidate;
    }
  }
  return fault(FaultKind::Unavailable,
               "all predefined address pools have been fully subnetted; remove networks that nobody uses (strata "
               "network prune) or choose a subnet yourself (network create --subnet)");
}

}  // namespace strata::runtime
