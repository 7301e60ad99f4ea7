#pragma once
/// \file What a container may do and whose namespaces it shares, as `run` and `create` are told it.

#include "runtime/containers/container.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

class Options;
class Session;

struct SecurityTexts {
  std::vector<std::string> capAdd, capDrop, securityOpt, devices, sysctls, ulimits, groupAdd, annotations;
  std::string ipc, pid, uts, cgroupns, cgroupParent, shmSize, oomScoreAdj;
  bool privileged = false, init = false;
};
void declareSecurity(Options& declared, SecurityTexts& texts);

/// After the network mode is known. Profiles are read from their files. Faults: Invalid in docker's words; NotFound for
/// a profile or a program of --init; Unsupported.
[[nodiscard]] llvm::Error decideSecurity(const SecurityTexts& texts, runtime::HostConfig& config);

/// Says which capabilities were asked for that strata itself does not have.
void warnOfMissingCapabilities(const runtime::HostConfig& config, Session& session);

}  // namespace strata::cli
