#pragma once
/// \file What became of an image's configuration in another.

#include "layerfs/image_config.h"

#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct ConfigChange {
  std::string member;  ///< "env", "labels", "cmd"...: see docs/json.md
  std::string name;    ///< of env, labels, exposedPorts, volumes, healthcheck: which; else empty
  /// Nothing: it is not there. Lists are JSON, durations "30s", of ports and volumes it says that they are there: "".
  std::optional<std::string> before, after;
  bool operator==(const ConfigChange&) const = default;
};

/// In a fixed order of members, in each by name. What an image was made of and when (layers, history, created) is no
/// part of it.
std::vector<ConfigChange> diffConfigs(const layerfs::ImageConfig& before, const layerfs::ImageConfig& after);

}  // namespace strata::analyzer
