#pragma once
/// \file `--filter` of `ps`, as docker has it.

#include "runtime/containers/container_store.h"

#include <llvm/Support/Error.h>

#include <functional>
#include <string>
#include <vector>

namespace strata::cli {

class ContainerFilters {
public:
  /// id, name, label, status, ancestor, exited, before, since, network, volume, health. Values of one key are
  /// alternatives (but labels must all fit); keys must all fit. Faults: Invalid.
  static llvm::Expected<ContainerFilters> read(const std::vector<std::string>& texts, runtime::ContainerStore& store);
  bool admit(const runtime::Container& container) const;
  bool asksForStatus() const { return asksForStatus_; }

private:
  using Test = std::function<bool(const runtime::Container&)>;
  std::vector<std::vector<Test>> all_;  ///< of each group one must hold
  bool asksForStatus_ = false;
};

}  // namespace strata::cli
