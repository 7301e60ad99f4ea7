#include "cli/build_resources.h"

#include "support/byte_size.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <arpa/inet.h>

namespace strata::cli {

namespace {
using llvm::StringRef;
using runtime::ResourceLimits;

constexpr StringRef kResourceKeys[] = {"memory",    "memory-swap", "cpu-shares", "cpu-period",
                                       "cpu-quota", "cpuset-cpus", "cpuset-mems"};

llvm::Error badResource(StringRef key, StringRef value, const llvm::Twine& what) {
  return fault(FaultKind::Invalid, "invalid value \"" + printable(value) + "\" for " + key + ": " + what);
}

/// "0-2,7".
bool isNumberList(StringRef text) {
  llvm::SmallVector<StringRef> parts;
  text.split(parts, ',');
  return llvm::all_of(parts, [](StringRef part) {
    auto [first, last] = part.split('-');
    unsigned from = 0, to = 0;
    if (first.getAsInteger(10, from)) return false;
    return !part.contains('-') || (!last.getAsInteger(10, to) && from <= to);
  });
}

llvm::Error setSize(StringRef key, StringRef value, uint64_t& size) {
  auto bytes = parseByteSize(value);
  if (!bytes) return badResource(key, value, messageOf(bytes.takeError()));
  if (*bytes == 0) return badResource(key, value, "it must be positive");
  size = *bytes;
  return llvm::Error::success();
}

llvm::Error setSwap(StringRef key, StringRef value, int64_t& swap) {
  if (value == "-1") {
    swap = -1;
    return llvm::Error::success();
  }
  uint64_t bytes = 0;
  if (auto error = setSize(key, value, bytes)) return error;
  swap = int64_t(bytes);
  return llvm::Error::success();
}

llvm::Error setCount(StringRef key, StringRef value, uint64_t& count) {
  if (value.getAsInteger(10, count) || count == 0) return badResource(key, value, "it must be a positive number");
  return llvm::Error::success();
}

llvm::Error setList(StringRef key, StringRef value, std::string& list) {
  if (!isNumberList(value)) return badResource(key, value, "write numbers and ranges: 0-2,7");
  list = value.str();
  return llvm::Error::success();
}

llvm::Error setLimit(StringRef key, StringRef value, ResourceLimits& limits) {
  if (key == "memory") return setSize(key, value, limits.memory);
  if (key == "memory-swap") return setSwap(key, value, limits.memorySwap);
  if (key == "cpu-shares") return setCount(key, value, limits.cpuShares);
  if (key == "cpu-period") return setCount(key, value, limits.cpuPeriod);
  if (key == "cpu-quota") return setCount(key, value, limits.cpuQuota);
  if (key == "cpuset-cpus") return setList(key, value, limits.cpusetCpus);
  if (key == "cpuset-mems") return setList(key, value, limits.cpusetMems);
  return fault(FaultKind::Invalid, "unknown resource \"" + printable(key) + "\"" + didYouMean(key, kResourceKeys));
}

llvm::Expected<ResourceLimits> limitsOf(const ResourceOptions& options) {
  ResourceLimits limits;
  limits.cgroupParent = options.cgroupParent;
  const std::pair<StringRef, const std::string*> older[] = {
      {"memory", &options.memory},         {"memory-swap", &options.memorySwap}, {"cpu-shares", &options.cpuShares},
      {"cpu-period", &options.cpuPeriod},  {"cpu-quota", &options.cpuQuota},     {"cpuset-cpus", &options.cpusetCpus},
      {"cpuset-mems", &options.cpusetMems}};
  for (auto [key, value] : older)
    if (!value->empty())
      if (auto error = setLimit(key, *value, limits)) return error;
  for (StringRef text : options.resources) {
    auto [key, value] = text.split('=');
    if (!text.contains('='))
      return fault(FaultKind::Invalid, "invalid resource \"" + printable(text) + "\": write KEY=VALUE");
    if (auto error = setLimit(key, value, limits)) return error;
  }
  if (limits.memorySwap > 0 && uint64_t(limits.memorySwap) < limits.memory)
    return fault(FaultKind::Invalid, "memory-swap counts memory and swap together: it cannot be less than memory");
  return limits;
}
}  // namespace

llvm::Expected<builder::RunSettings> runSettingsFor(const ResourceOptions& options) {
  builder::RunSettings settings;
  auto limits = limitsOf(options);
  if (!limits) return limits.takeError();
  settings.limits = std::move(*limits);
  if (!options.shmSize.empty())
    if (auto error = setSize("shm-size", options.shmSize, settings.shmSize)) return error;
  for (const std::string& text : options.ulimits) {
    auto ulimit = runtime::parseUlimit(text);
    if (!ulimit) return ulimit.takeError();
    settings.ulimits.push_back(std::move(*ulimit));
  }
  for (const std::string& text : options.ssh) {
    auto source = builder::parseSsh(text);
    if (!source) return source.takeError();
    settings.ssh.push_back(std::move(*source));
  }
  return settings;
}

llvm::Expected<std::set<std::string>> entitlementsOf(const ResourceOptions& options) {
  constexpr StringRef kKnown[] = {"network.host", "security.insecure", "device", "buildx.local.delete"};
  std::set<std::string> entitlements;
  for (StringRef text : options.allow) {
    StringRef name = text.split('=').first;
    if (!llvm::is_contained(kKnown, name) || (name != "device" && text.contains('=')))
      return fault(FaultKind::Invalid, "invalid entitlement \"" + printable(text) + "\"" + didYouMean(name, kKnown));
    entitlements.insert(name.str());
  }
  return entitlements;
}

llvm::Expected<std::string> hostLineOf(StringRef text) {
  auto [name, address] = text.split(text.contains('=') ? '=' : ':');
  if (name.empty() || address.empty())
    return fault(FaultKind::Invalid, "bad format for add-host: \"" + printable(text) + "\"");
  // A step shares the host's network, so that the host is at the loopback address.
  if (address == "host-gateway") address = "127.0.0.1";
  if (address.consume_front("[") && !address.consume_back("]"))
    return fault(FaultKind::Invalid, "bad format for add-host: \"" + printable(text) + "\"");
  char parsed[sizeof(in6_addr)];
  std::string copy = address.str();
  if (::inet_pton(AF_INET, copy.c_str(), parsed) != 1 && ::inet_pton(AF_INET6, copy.c_str(), parsed) != 1)
    return fault(FaultKind::Invalid, "invalid IP address in add-host: \"" + printable(address) + "\"");
  return (name + ":" + address).str();
}

void declareResourceOptions(Options& declared, ResourceOptions& options) {
  declared.list("--allow", options.allow, "Grant an entitlement: network.host, security.insecure");
  declared.text("--cgroup-parent", options.cgroupParent, "The cgroup below which RUN steps get theirs");
  declared.list("--resource", options.resources, "Limit RUN steps: memory=512m, cpu-quota=50000, cpuset-cpus=0-1 ...");
  declared.text("--shm-size", options.shmSize, "Size of /dev/shm of RUN steps", "bytes");
  declared.list("--ssh", options.ssh,
                "Forward an ssh agent or keys to RUN --mount=type=ssh (default or ID=SOCKET|KEY)");
  declared.list("--ulimit", options.ulimits, "A limit of RUN steps (NAME=SOFT[:HARD])");
  declared.text("-m,--memory", options.memory, "");
  declared.text("--memory-swap", options.memorySwap, "");
  declared.text("-c,--cpu-shares", options.cpuShares, "");
  declared.text("--cpu-period", options.cpuPeriod, "");
  declared.text("--cpu-quota", options.cpuQuota, "");
  declared.text("--cpuset-cpus", options.cpusetCpus, "");
  declared.text("--cpuset-mems", options.cpusetMems, "");
}

}  // namespace strata::cli
