#include "cli/image_events.h"

#include "cli/image_lookup.h"
#include "layerfs/event_log.h"

namespace strata::cli {

void tellImage(const Session& session, llvm::StringRef action, llvm::StringRef actor, llvm::StringRef name) {
  layerfs::Event event{.type = "image", .action = action.str(), .actor = actor.str()};
  event.attributes["name"] = name.empty() ? actor.str() : familiarName(name.str());
  layerfs::appendEvent(session.root(), std::move(event));
}

}  // namespace strata::cli
