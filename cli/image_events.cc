#include "cli/image_events.h"

#include "cli/image_lookup.h"
#include "layerfs/event_log.h"

namespace strata::cli {

namespace {
std::map<std::string, std::string> labelsOf(Session& session, llvm::StringRef text) {
  auto store = session.store();
  auto image = store ? loadImage((*store)->images(), text) : store.takeError();
  if (image) return {image->config.labels.begin(), image->config.labels.end()};
  llvm::consumeError(image.takeError());  // it was removed
  return {};
}
}  // namespace

void tellImage(Session& session, llvm::StringRef action, llvm::StringRef actor, llvm::StringRef name) {
  bool isGone = action == "delete";
  tellImage(session, action, actor, name, isGone ? std::map<std::string, std::string>() : labelsOf(session, actor));
}

void tellImage(Session& session, llvm::StringRef action, llvm::StringRef actor, llvm::StringRef name,
               std::map<std::string, std::string> labels) {
  layerfs::Event event{.type = "image", .action = action.str(), .actor = actor.str(), .attributes = std::move(labels)};
  event.attributes["name"] = name.empty() ? actor.str() : familiarName(name.str());
  layerfs::appendEvent(session.root(), std::move(event));
}

}  // namespace strata::cli
