#pragma once
/// \file `--filter` of the network commands, as docker has it.

#include "runtime/networks/network.h"

#include <llvm/Support/Error.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace strata::cli {

class NetworkFilters {
public:
  /// id, name (a part), driver, label, type (custom, builtin), scope; label! and until for prune. Values of one key are
  /// alternatives, but labels must all fit; keys must all fit. Faults: Invalid.
  static llvm::Expected<NetworkFilters> read(const std::vector<std::string>& texts);
  bool admit(const runtime::Network& network) const;

private:
  using Test = std::function<bool(const runtime::Network&)>;
  std::map<std::string, std::vector<Test>> groups_;  ///< of each one must hold
};

}  // namespace strata::cli
