#pragma once
/// \file Secrets in an image's configuration: environment, labels, commands, and the history with the arguments that
/// its builder wrote down.

#include "analyzer/secrets/secret_scan.h"
#include "layerfs/image_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct ConfigSecret {
  SecretMatch match;
  std::string element;            ///< "ENV TOKEN", "label org.x", "history 3", "CMD"
  std::string name;               ///< of what holds it; may be empty
  std::string value;              ///< the secret itself, to be hidden and never shown
  std::optional<uint32_t> layer;  ///< that the history entry made
};
/// Every place; one secret may be in several.
std::vector<ConfigSecret> findConfigSecrets(const layerfs::ImageConfig& config);

}  // namespace strata::analyzer
