#pragma once
/// \file `--filter` of `volume ls` and `volume prune`, as docker has them.

#include "cli/label_filter.h"
#include "runtime/volumes/volume_store.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::cli {

class VolumeFilters {
public:
  /// dangling=true|false, driver=NAME, label=KEY[=VALUE], label!=..., name=PART; of several names, drivers one must
  /// fit, of labels all. Faults: Invalid.
  static llvm::Expected<VolumeFilters> read(const std::vector<std::string>& texts);
  /// Asks the store who uses it only where that matters.
  llvm::Expected<bool> admit(const runtime::Volume& volume, const runtime::VolumeStore& store) const;

private:
  std::optional<bool> dangling_;
  std::vector<std::string> names_, drivers_;
  std::vector<LabelFilter> labels_;
};

}  // namespace strata::cli
