#pragma once
/// \file `--filter` of `events`, as docker has it.

#include "layerfs/event_log.h"

#include <llvm/Support/Error.h>

#include <map>
#include <string>
#include <vector>

namespace strata::cli {

class EventFilters {
public:
  /// type, event, container, image, volume, network (name or id, or its beginning), label, scope, daemon. Values of one
  /// key are alternatives (but labels must all fit); keys must all fit. Faults: Invalid.
  static llvm::Expected<EventFilters> read(const std::vector<std::string>& texts);
  bool admit(const layerfs::Event& event) const;

private:
  bool admitsKey(llvm::StringRef key, const std::vector<std::string>& values, const layerfs::Event& event) const;
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace strata::cli
