#include "cli/commands.h"
#include "cli/image_events.h"
#include "cli/image_lookup.h"
#include "cli/session.h"
#include "registry/reference.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

llvm::Expected<int> tag(Session& session, const Arguments& arguments) {
  auto name = registry::parseReference(arguments[1]);
  if (!name) return withContext(name.takeError(), "\"" + arguments[1] + "\" is not a valid repository/tag");
  if (name->digest) return fault(FaultKind::Invalid, "refusing to create a tag with a digest reference");
  auto store = session.store();
  if (!store) return store.takeError();
  auto image = findImage((*store)->images(), arguments[0]);
  if (!image) return image.takeError();
  if (llvm::Error error = (*store)->images().tag(image->id, name->canonical())) return error;
  tellImage(session, "tag", image->id.str(), name->canonical());
  return 0;
}

}  // namespace

Command tagCommand() {
  return {.name = "tag",
          .usage = "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
          .description = "Give an image another name",
          .minimum = 2,
          .maximum = 2,
          .declare = [](Options&) -> Action { return tag; }};
}

}  // namespace strata::cli
