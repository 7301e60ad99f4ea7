// The JSON of a container's document. Each struct has one list of its members, which writes and reads.

#include "runtime/containers/container.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

// --- The members, once for both ways ---

template <typename Config, typename Visit>
void eachMember(Config& config, Visit&& visit, const ContainerConfig*) {
  visit("Hostname", config.hostname);
  visit("Domainname", config.domainname);
  visit("User", config.user);
  visit("AttachStdin", config.attachStdin);
  visit("AttachStdout", config.attachStdout);
  visit("AttachStderr", config.attachStderr);
  visit("ExposedPorts", config.exposedPorts);
  visit("Tty", config.terminal);
  visit("OpenStdin", config.openStdin);
  visit("StdinOnce", config.stdinOnce);
  visit("Env", config.env);
  visit("Cmd", config.cmd);
  visit("Healthcheck", config.healthcheck);
  visit("Image", config.image);
  visit("Volumes", config.volumes);
  visit("WorkingDir", config.workingDir);
  visit("Entrypoint", config.entrypoint);
  visit("Labels", config.labels);
  visit("StopSignal", config.stopSignal);
  visit("StopTimeout", config.stopTimeout);
  visit("Shell", config.shell);
}

template <typename Config, typename Visit>
void eachMember(Config& policy, Visit&& visit, const RestartPolicy*) {
  visit("Name", policy.name);
  visit("MaximumRetryCount", policy.maximumRetryCount);
}

template <typename Config, typename Visit>
void eachMember(Config& limits, Visit&& visit, const ContainerLimits*) {
  visit("Memory", limits.memory);
  visit("MemoryReservation", limits.memoryReservation);
  visit("MemorySwap", limits.memorySwap);
  visit("NanoCpus", limits.nanoCpus);
  visit("CpuShares", limits.cpuShares);
  visit("CpuPeriod", limits.cpuPeriod);
  visit("CpuQuota", limits.cpuQuota);
  visit("CpusetCpus", limits.cpusetCpus);
  visit("CpusetMems", limits.cpusetMems);
  visit("PidsLimit", limits.pids);
}

template <typename Config, typename Visit>
void eachMember(Config& device, Visit&& visit, const ContainerDevice*) {
  visit("PathOnHost", device.pathOnHost);
  visit("PathInContainer", device.pathInContainer);
  visit("CgroupPermissions", device.permissions);
}

template <typename Config, typename Visit>
void eachMember(Config& config, Visit&& visit, const HostConfig*) {
  visit("Binds", config.binds);
  visit("ContainerIDFile", config.containerIdFile);
  visit("NetworkMode", config.networkMode);
  visit("PortBindings", config.ports);
  visit("PublishAllPorts", config.publishAllPorts);
  visit("Dns", config.resolver.servers);
  visit("DnsSearch", config.resolver.searches);
  visit("DnsOptions", config.resolver.options);
  visit("RestartPolicy", config.restartPolicy);
  visit("AutoRemove", config.autoRemove);
  visit("ExtraHosts", config.extraHosts);
  visit("Privileged", config.privileged);
  visit("ReadonlyRootfs", config.readonlyRootfs);
  visit("Runtime", config.runtime);
  eachMember(config.limits, visit, static_cast<const ContainerLimits*>(nullptr));
  visit("CgroupParent", config.cgroupParent);
  visit("Ulimits", config.ulimits);
  visit("ShmSize", config.shmSize);
  visit("CapAdd", config.capAdd);
  visit("CapDrop", config.capDrop);
  visit("SecurityOpt", config.securityOpt);
  visit("GroupAdd", config.groupAdd);
  visit("Devices", config.devices);
  visit("Init", config.init);
  visit("IpcMode", config.ipcMode);
  visit("PidMode", config.pidMode);
  visit("UTSMode", config.utsMode);
  visit("CgroupnsMode", config.cgroupnsMode);
  visit("Sysctls", config.sysctls);
  visit("Annotations", config.annotations);
  visit("OomScoreAdj", config.oomScoreAdj);
}

template <typename Config, typename Visit>
void eachMember(Config& mount, Visit&& visit, const ContainerMount*) {
  visit("Type", mount.type);
  visit("Name", mount.name);
  visit("Source", mount.source);
  visit("Destination", mount.destination);
  visit("Driver", mount.driver);
  visit("Mode", mount.mode);
  visit("RW", mount.readWrite);
  visit("Propagation", mount.propagation);
  visit("NonRecursive", mount.nonRecursive);
}

template <typename Config, typename Visit>
void eachMember(Config& check, Visit&& visit, const layerfs::Healthcheck*) {
  visit("Test", check.test);
  visit("Interval", check.interval);
  visit("Timeout", check.timeout);
  visit("StartPeriod", check.startPeriod);
  visit("StartInterval", check.startInterval);
  visit("Retries", check.retries);
}

// --- Writing ---

template <typename T>
Object objectOf(const T& config);

Value jsonOf(const std::string& text) { return llvm::json::fixUTF8(text); }
Value jsonOf(bool value) { return value; }
Value jsonOf(int value) { return value; }
Value jsonOf(int64_t value) { return value; }
Value jsonOf(const std::vector<std::string>& texts) {
  Array array;
  for (const std::string& text : texts) array.push_back(jsonOf(text));
  return array;
}
/// docker's way with sets: {"80/tcp": {}}.
Value jsonOf(const std::set<std::string>& texts) {
  Object object;
  for (const std::string& text : texts) object[llvm::json::fixUTF8(text)] = Object();
  return object;
}
Value jsonOf(const std::map<std::string, std::string>& pairs) {
  Object object;
  for (const auto& [key, value] : pairs) object[llvm::json::fixUTF8(key)] = jsonOf(value);
  return object;
}
Value jsonOf(const std::vector<PortWish>& wishes) { return portBindingsJson(wishes); }
Value jsonOf(const RestartPolicy& policy) { return objectOf(policy); }
Value jsonOf(const layerfs::Healthcheck& check) { return objectOf(check); }
Value jsonOf(const std::vector<ContainerDevice>& devices) {
  Array array;
  for (const ContainerDevice& device : devices) array.push_back(objectOf(device));
  return array;
}
/// No limit is -1, as docker has it.
Value jsonOf(const std::vector<Ulimit>& ulimits) {
  Array array;
  for (const Ulimit& one : ulimits)
    array.push_back(Object{{"Name", one.name}, {"Soft", int64_t(one.soft)}, {"Hard", int64_t(one.hard)}});
  return array;
}
template <typename T>
Value jsonOf(const std::optional<T>& value) {
  return value ? jsonOf(*value) : Value(nullptr);
}

template <typename T>
Object objectOf(const T& config) {
  Object object;
  eachMember(
      config, [&](StringRef name, const auto& member) { object[name] = jsonOf(member); },
      static_cast<const T*>(nullptr));
  return object;
}

// --- Reading: what is absent or of another type leaves the member as it is ---

template <typename T>
void readObject(const Object& object, T& config);

void read(const Value& json, std::string& text) {
  if (auto value = json.getAsString()) text = value->str();
}
void read(const Value& json, bool& target) {
  if (auto value = json.getAsBoolean()) target = *value;
}
void read(const Value& json, int64_t& target) {
  if (auto value = json.getAsInteger()) target = *value;
}
void read(const Value& json, int& target) {
  if (auto value = json.getAsInteger()) target = int(*value);
}
void read(const Value& json, std::vector<std::string>& texts) {
  const Array* array = json.getAsArray();
  if (!array) return;
  texts.clear();
  for (const Value& one : *array) read(one, texts.emplace_back());
}
void read(const Value& json, std::set<std::string>& texts) {
  if (const Object* object = json.getAsObject())
    for (const auto& [key, value] : *object) texts.insert(key.str());
}
void read(const Value& json, std::map<std::string, std::string>& pairs) {
  if (const Object* object = json.getAsObject())
    for (const auto& [key, value] : *object) read(value, pairs[key.str()]);
}
void read(const Value& json, std::vector<PortWish>& wishes) {
  if (const Object* object = json.getAsObject()) wishes = portBindingsFrom(*object);
}
void read(const Value& json, RestartPolicy& policy) {
  if (const Object* object = json.getAsObject()) readObject(*object, policy);
}
void read(const Value& json, layerfs::Healthcheck& check) {
  if (const Object* object = json.getAsObject()) readObject(*object, check);
}
void read(const Value& json, std::vector<ContainerDevice>& devices) {
  if (const Array* array = json.getAsArray())
    for (const Value& one : *array)
      if (const Object* object = one.getAsObject()) readObject(*object, devices.emplace_back());
}
void read(const Value& json, std::vector<Ulimit>& ulimits) {
  const Array* array = json.getAsArray();
  if (!array) return;
  for (const Value& one : *array) {
    const Object* object = one.getAsObject();
    if (!object) continue;
    auto number = [&](StringRef name) { return std::to_string(object->getInteger(name).value_or(-1)); };
    auto ulimit =
        parseUlimit(object->getString("Name").value_or("").str() + "=" + number("Soft") + ":" + number("Hard"));
    if (ulimit)
      ulimits.push_back(std::move(*ulimit));
    else
      llvm::consumeError(ulimit.takeError());
  }
}
template <typename T>
void read(const Value& json, std::optional<T>& target) {
  if (!json.getAsNull()) read(json, target.emplace());
}

template <typename T>
void readObject(const Object& object, T& config) {
  eachMember(
      config,
      [&](StringRef name, auto& member) {
        if (const Value* json = object.get(name)) read(*json, member);
      },
      static_cast<const T*>(nullptr));
}

constexpr std::pair<ContainerStatus, StringRef> kStatuses[] = {
    {ContainerStatus::Created, "created"},   {ContainerStatus::Running, "running"},
    {ContainerStatus::Paused, "paused"},     {ContainerStatus::Restarting, "restarting"},
    {ContainerStatus::Removing, "removing"}, {ContainerStatus::Exited, "exited"},
    {ContainerStatus::Dead, "dead"}};
}  // namespace

StringRef nameOf(ContainerStatus status) {
  return llvm::find_if(kStatuses, [&](const auto& one) { return one.first == status; })->second;
}

std::optional<ContainerStatus> statusFrom(StringRef name) {
  for (auto [status, known] : kStatuses)
    if (known == name) return status;
  return std::nullopt;
}

llvm::Error notRunning(const Container& container) {
  return fault(FaultKind::Invalid, "Container " + container.id + " is not running");
}

Object configJson(const ContainerConfig& config) { return objectOf(config); }
Object hostConfigJson(const HostConfig& config) { return objectOf(config); }
Array mountsJson(llvm::ArrayRef<ContainerMount> mounts) {
  Array array;
  for (const ContainerMount& mount : mounts) array.push_back(objectOf(mount));
  return array;
}

std::string printContainerDocument(const Container& container) {
  return printJson(Object{{"Config", configJson(container.config)},
                          {"HostConfig", hostConfigJson(container.hostConfig)},
                          {"Mounts", mountsJson(container.mounts)},
                          {"Networks", networkWishesJson(container.networks)},
                          {"Argv", jsonOf(container.argv)}});
}

llvm::Error readContainerDocument(StringRef text, Container& container) {
  auto json = parseJson(text);
  if (!json) return json.takeError();
  const Object* document = json->getAsObject();
  if (!document) return llvm::Error::success();
  if (const Object* config = document->getObject("Config")) readObject(*config, container.config);
  if (const Object* config = document->getObject("HostConfig")) readObject(*config, container.hostConfig);
  if (const Value* argv = document->get("Argv")) read(*argv, container.argv);
  if (const Array* networks = document->getArray("Networks")) container.networks = networkWishesFrom(*networks);
  if (const Array* mounts = document->getArray("Mounts"))
    for (const Value& mount : *mounts)
      if (const Object* object = mount.getAsObject()) readObject(*object, container.mounts.emplace_back());
  return llvm::Error::success();
}

}  // namespace strata::runtime
