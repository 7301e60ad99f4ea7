#pragma once
/// \file The health check of a container: what the image says, with what `run` and `create` are told.

#include "layerfs/image_config.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::cli {

class Options;

struct HealthTexts {
  std::string command, interval, timeout, retries, startPeriod, startInterval;
  bool none = false;
};
void declareHealth(Options& declared, HealthTexts& texts);

/// Nothing: none at all. What was typed goes before what the image says, member by member.
/// Faults: Invalid, in docker's words.
llvm::Expected<std::optional<layerfs::Healthcheck>> healthcheckFrom(const HealthTexts& texts,
                                                                    const std::optional<layerfs::Healthcheck>& ofImage);

}  // namespace strata::cli
