#pragma once
/// \file Subnets that nobody on this host uses.

#include "runtime/networks/ipv4.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <vector>

namespace strata::runtime {

/// What the host's main routing table leads to, default routes excepted.
llvm::Expected<std::vector<Ipv4Subnet>> hostRoutes();

/// The first of docker's pools that overlaps with none of these. Faults: Unavailable: there is none.
llvm::Expected<Ipv4Subnet> freeSubnet(llvm::ArrayRef<Ipv4Subnet> taken);

}  // namespace strata::runtime
