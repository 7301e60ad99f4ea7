#pragma once
/// \file `-v`, `--mount`, `--tmpfs` and `--volumes-from` of `run` and `create`.

#include "runtime/containers/container_mounts.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

struct MountTexts {
  std::vector<std::string> volumes;      ///< [SOURCE:]PATH[:ro|rw|...]; "./a" and "." are relative to where we are
  std::vector<std::string> mounts;       ///< type=bind,source=...,target=...[,readonly]
  std::vector<std::string> tmpfs;        ///< PATH[:options]
  std::vector<std::string> volumesFrom;  ///< CONTAINER[:ro]
};

/// Faults: Invalid in docker's words; Unsupported.
llvm::Expected<runtime::MountsWanted> mountsFrom(const MountTexts& texts);

/// The volumes and binds of `-v` as `inspect` shows them in HostConfig.Binds.
std::vector<std::string> bindsOf(const runtime::MountsWanted& wanted);

}  // namespace strata::cli
