#include "runtime/spec/oci_resources.h"

namespace strata::runtime {

namespace {
using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;

/// A negative number is for every device of the type, an empty type for both types.
Object deviceRule(bool allow, StringRef type, int64_t major, int64_t minor, StringRef access) {
  Object rule{{"allow", allow}, {"access", access.str()}};
  if (!type.empty()) rule["type"] = type.str();
  if (major >= 0) rule["major"] = major;
  if (minor >= 0) rule["minor"] = minor;
  return rule;
}

void addIf(bool asked, Object& json, StringRef name, llvm::json::Value value) {
  if (asked) json[name] = std::move(value);
}
}  // namespace

Object ociResources(const ResourceLimits& limits) {
  Object memory, cpu, json;
  addIf(limits.memory, memory, "limit", int64_t(limits.memory));
  addIf(limits.memoryReservation, memory, "reservation", int64_t(limits.memoryReservation));
  addIf(limits.memorySwap, memory, "swap", limits.memorySwap);
  addIf(limits.cpuShares, cpu, "shares", int64_t(limits.cpuShares));
  addIf(limits.cpuPeriod, cpu, "period", int64_t(limits.cpuPeriod));
  addIf(limits.cpuQuota, cpu, "quota", int64_t(limits.cpuQuota));
  addIf(!limits.cpusetCpus.empty(), cpu, "cpus", limits.cpusetCpus);
  addIf(!limits.cpusetMems.empty(), cpu, "mems", limits.cpusetMems);
  if (!memory.empty()) json["memory"] = std::move(memory);
  if (!cpu.empty()) json["cpu"] = std::move(cpu);
  if (limits.pids) json["pids"] = Object{{"limit", int64_t(limits.pids)}};
  return json;
}

Array ociDeviceRules(const ContainerSpec& spec) {
  if (spec.privileged) return Array{deviceRule(true, "", -1, -1, "rwm")};
  Array rules{deviceRule(false, "", -1, -1, "rwm"), deviceRule(true, "c", -1, -1, "m"),
              deviceRule(true, "b", -1, -1, "m")};
  for (auto [major, minor] : {std::pair(1, 3), {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 1}, {5, 2}, {136, -1}})
    rules.push_back(deviceRule(true, "c", major, minor, "rwm"));
  for (const HostDevice& device : spec.devices)
    rules.push_back(deviceRule(true, std::string(1, device.type), device.major, device.minor, device.access));
  return rules;
}

}  // namespace strata::runtime
