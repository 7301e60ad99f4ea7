/// \file A container's document as `docker inspect` has it.

#include "cli/inspected.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {
using llvm::json::Array;
using llvm::json::Object;
using runtime::Container;

/// docker's for a time that has not come yet.
std::string timeText(int64_t time) { return time == 0 ? "0001-01-01T00:00:00Z" : rfc3339(time); }

llvm::json::Value parsedOr(const std::string& text, llvm::json::Value fallback) {
  if (text.empty()) return fallback;
  auto json = parseJson(text);
  if (json) return std::move(*json);
  llvm::consumeError(json.takeError());
  return fallback;
}

Object stateOf(const Container& container) {
  const runtime::ContainerState& state = container.state;
  using Status = runtime::ContainerStatus;
  Object json{{"Status", runtime::nameOf(state.status)},
              {"Running", state.isLive() || state.status == Status::Restarting},
              {"Paused", state.status == Status::Paused},
              {"Restarting", state.status == Status::Restarting},
              {"OOMKilled", state.oomKilled},
              {"Dead", state.status == Status::Dead},
              {"Pid", state.pid},
              {"ExitCode", state.exitCode},
              {"Error", llvm::json::fixUTF8(state.error)},
              {"StartedAt", timeText(state.started)},
              {"FinishedAt", timeText(state.finished)}};
  if (!container.health.empty()) json["Health"] = parsedOr(container.health, nullptr);
  return json;
}

Object networkSettingsOf(const Container& container) {
  Object none{{"Ports", Object()}, {"IPAddress", ""}, {"Gateway", ""}, {"MacAddress", ""}, {"Networks", Object()}};
  Object networks;
  for (const runtime::NetworkWish& wish : container.networks)
    networks[wish.network] = Object{{"IPAddress", ""}, {"Gateway", ""}, {"MacAddress", ""}};
  if (networks.empty()) networks[container.hostConfig.networkMode] = Object{{"IPAddress", ""}, {"Gateway", ""}};
  none["Networks"] = std::move(networks);
  return std::move(*parsedOr(container.network, std::move(none)).getAsObject());
}

Object documentOf(const Container& container, const runtime::ContainerStore& store) {
  Array arguments;
  for (size_t i = 1; i < container.argv.size(); ++i) arguments.push_back(llvm::json::fixUTF8(container.argv[i]));
  runtime::ContainerDirectory directory = store.directory(container.id);
  std::string bundle = directory.bundle();
  return Object{
      {"Id", container.id},
      {"Created", rfc3339(container.created)},
      {"Path", container.argv.empty() ? "" : llvm::json::fixUTF8(container.argv.front())},
      {"Args", std::move(arguments)},
      {"State", stateOf(container)},
      {"Image", container.imageId.str()},
      {"ResolvConfPath", bundle + "/etc/resolv.conf"},
      {"HostnamePath", bundle + "/etc/hostname"},
      {"HostsPath", bundle + "/etc/hosts"},
      {"LogPath", directory.log()},
      {"Name", "/" + container.name},
      {"RestartCount", container.state.restartCount},
      {"Driver", "strata"},
      {"Platform", "linux"},
      {"MountLabel", ""},
      {"ProcessLabel", ""},
      {"AppArmorProfile", ""},
      {"ExecIDs", nullptr},
      {"HostConfig", runtime::hostConfigJson(container.hostConfig)},
      {"GraphDriver", Object{{"Name", "strata"}, {"Data", Object{{"UpperDir", directory.layer() + "/upper"}}}}},
      {"Mounts", runtime::mountsJson(container.mounts)},
      {"Config", runtime::configJson(container.config)},
      {"NetworkSettings", networkSettingsOf(container)}};
}

llvm::Error addSizes(const Container& container, layerfs::Store& store, const std::string& layer, Object& document) {
  auto written = diskUse(joinPath(layer, "upper"));
  auto image = store.images().load(container.imageId);
  if (!image) return image.takeError();
  uint64_t bytes = written ? written->bytes : 0;
  if (!written) llvm::consumeError(written.takeError());  // it has not run yet
  document["SizeRw"] = int64_t(bytes);
  document["SizeRootFs"] = int64_t(bytes + image->size);
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<std::optional<Object>> inspectContainer(Session& session, llvm::StringRef text, WithSize size) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, text);
  if (!container) {
    llvm::Error error = container.takeError();
    if (takeIf(error, FaultKind::NotFound)) return std::nullopt;
    return error;
  }
  Object document = documentOf(*container, **containers);
  auto store = session.store();
  if (!store) return store.takeError();
  if (size == WithSize::Yes)
    if (llvm::Error error = addSizes(*container, **store, (*containers)->directory(container->id).layer(), document))
      return error;
  return document;
}

}  // namespace strata::cli
