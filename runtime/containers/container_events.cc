#include "runtime/containers/container_events.h"

#include "layerfs/event_log.h"

namespace strata::runtime {

void tellContainerEvent(const std::string& storeRoot, const Container& container, const llvm::Twine& action,
                        std::map<std::string, std::string> attributes) {
  attributes.insert(container.config.labels.begin(), container.config.labels.end());
  attributes["image"] = container.config.image;
  attributes["name"] = container.name;
  layerfs::appendEvent(
      storeRoot,
      {.type = "container", .action = action.str(), .actor = container.id, .attributes = std::move(attributes)});
}

void tellMounts(const std::string& storeRoot, const Container& container, llvm::StringRef action) {
  for (const ContainerMount& mount : container.mounts) {
    if (mount.type != "volume") continue;
    std::map<std::string, std::string> attributes = {{"container", container.id}, {"driver", mount.driver}};
    if (action == "mount") {
      attributes["destination"] = mount.destination;
      attributes["read/write"] = mount.readWrite ? "true" : "false";
      attributes["propagation"] = mount.propagation;
    }
    layerfs::appendEvent(
        storeRoot,
        {.type = "volume", .action = action.str(), .actor = mount.name, .attributes = std::move(attributes)});
  }
}

}  // namespace strata::runtime
