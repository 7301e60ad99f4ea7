#include "cli/containers/limit_options.h"

#include "cli/flag_fault.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_limits.h"
#include "support/byte_size.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <cmath>

namespace strata::cli {

namespace {
using llvm::StringRef;
using Text = std::optional<std::string>;

llvm::Error readSize(const Text& text, StringRef flag, int64_t& size) {
  if (!text) return llvm::Error::success();
  auto bytes = parseByteSize(*text);
  if (!bytes || *bytes > uint64_t(INT64_MAX)) {
    llvm::consumeError(bytes.takeError());
    return unfitValue(*text, flag, "invalid size: '" + printable(*text) + "'");
  }
  size = int64_t(*bytes);
  return llvm::Error::success();
}

llvm::Error readNumber(const Text& text, StringRef flag, int64_t& number) {
  if (text && StringRef(*text).getAsInteger(10, number)) return unfitValue(*text, flag, "a whole number is wanted");
  return llvm::Error::success();
}

llvm::Error readCpus(const Text& text, int64_t& nanoCpus) {
  if (!text) return llvm::Error::success();
  double count = 0;
  if (StringRef(*text).getAsDouble(count) || !std::isfinite(count) || count < 0 || count > 1e6)
    return unfitValue(*text, "--cpus", "a number of processors is wanted, as 1.5");
  nanoCpus = std::llround(count * 1e9);
  return llvm::Error::success();
}

llvm::Error readMemory(const LimitTexts& texts, runtime::ContainerLimits& limits) {
  if (auto error = readSize(texts.memory, "-m, --memory", limits.memory)) return error;
  if (auto error = readSize(texts.memoryReservation, "--memory-reservation", limits.memoryReservation)) return error;
  if (texts.memorySwap && *texts.memorySwap == "-1") {
    limits.memorySwap = -1;
    return llvm::Error::success();
  }
  return readSize(texts.memorySwap, "--memory-swap", limits.memorySwap);
}
}  // namespace

llvm::Error readLimits(const LimitTexts& texts, runtime::ContainerLimits& limits) {
  if (auto error = readMemory(texts, limits)) return error;
  if (auto error = readCpus(texts.cpus, limits.nanoCpus)) return error;
  if (auto error = readNumber(texts.cpuShares, "-c, --cpu-shares", limits.cpuShares)) return error;
  if (auto error = readNumber(texts.cpuPeriod, "--cpu-period", limits.cpuPeriod)) return error;
  if (auto error = readNumber(texts.cpuQuota, "--cpu-quota", limits.cpuQuota)) return error;
  if (texts.cpusetCpus) limits.cpusetCpus = *texts.cpusetCpus;
  if (texts.cpusetMems) limits.cpusetMems = *texts.cpusetMems;
  return texts.pids ? readNumber(texts.pids, "--pids-limit", limits.pids.emplace()) : llvm::Error::success();
}

llvm::Error settleOnHost(runtime::ContainerLimits& limits, Session& session) {
  if (limits == runtime::ContainerLimits()) return llvm::Error::success();
  auto warnings = runtime::settleLimits(limits, runtime::hostCgroups());
  if (!warnings) return warnings.takeError();
  for (const std::string& warning : *warnings) session.err() << "WARNING: " << warning << "\n";
  return llvm::Error::success();
}

llvm::Expected<runtime::RestartPolicy> restartPolicyFrom(StringRef text) {
  runtime::RestartPolicy policy;
  if (text.empty()) return policy;
  auto [name, count] = text.split(':');
  policy.name = name.str();
  if (!llvm::is_contained({"no", "always", "unless-stopped", "on-failure"}, name))
    return fault(FaultKind::Invalid, "invalid restart policy: unknown policy '" + name +
                                         "'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'");
  if (!count.empty() && name != "on-failure")
    return fault(FaultKind::Invalid, "invalid restart policy: maximum retry count can only be used with 'on-failure'");
  if (!count.empty() && (count.getAsInteger(10, policy.maximumRetryCount) || policy.maximumRetryCount < 0))
    return fault(FaultKind::Invalid, "invalid restart policy format: maximum retry count must be a number");
  return policy;
}

void declareLimits(Options& declared, LimitTexts& texts) {
  declared.text("--cpu-period", texts.cpuPeriod, "Period of the scheduler's quota in microseconds", "int");
  declared.text("--cpu-quota", texts.cpuQuota, "Microseconds of processor time in each period", "int");
  declared.text("-c,--cpu-shares", texts.cpuShares, "Share of busy processors, against 1024", "int");
  declared.text("--cpus", texts.cpus, "Number of processors' worth of time (1.5)", "decimal");
  declared.text("--cpuset-cpus", texts.cpusetCpus, "Processors to run on (0-2,7)");
  declared.text("--cpuset-mems", texts.cpusetMems, "Memory nodes to use (0-1)");
  declared.text("-m,--memory", texts.memory, "Memory that it may use (512m)", "bytes");
  declared.text("--memory-reservation", texts.memoryReservation, "Memory that it is held to when others want some",
                "bytes");
  declared.text("--memory-swap", texts.memorySwap, "Memory and swap together; -1: any amount of swap", "bytes");
  declared.text("--pids-limit", texts.pids, "Number of processes and threads; -1: any", "int");
}

}  // namespace strata::cli
