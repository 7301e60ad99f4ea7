#pragma once
/// \file The limits of a container as `run`, `create` and `update` are told them.

#include "runtime/containers/container.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::cli {

class Options;
class Session;

/// As they were typed. Nothing: not given.
struct LimitTexts {
  std::optional<std::string> memory, memoryReservation, memorySwap, cpus, cpuShares, cpuPeriod, cpuQuota, cpusetCpus,
      cpusetMems, pids;
};
void declareLimits(Options& declared, LimitTexts& texts);

/// Changes what was given. Faults: Invalid, in docker's words.
[[nodiscard]] llvm::Error readLimits(const LimitTexts& texts, runtime::ContainerLimits& limits);

/// docker's rules, and what this host can hold to: what it cannot is said and dropped. Faults: Invalid.
[[nodiscard]] llvm::Error settleOnHost(runtime::ContainerLimits& limits, Session& session);

/// "on-failure:3". Faults: Invalid, in docker's words.
llvm::Expected<runtime::RestartPolicy> restartPolicyFrom(llvm::StringRef text);

}  // namespace strata::cli
