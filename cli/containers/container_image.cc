#include "cli/containers/container_image.h"

#include "cli/image_lookup.h"
#include "cli/image_pull.h"
#include "registry/pull.h"
#include "support/fault.h"

namespace strata::cli {

namespace {
/// Of an image that was made here, for another platform, no registry has more.
bool mayBePulled(const registry::Reference& reference, llvm::StringRef platform, layerfs::Store& store) {
  auto wanted = platform.empty() ? layerfs::hostPlatform() : layerfs::parsePlatform(platform);
  auto stored = wanted ? registry::findStored(reference, *wanted, store) : wanted.takeError();
  if (stored) return !stored->other || !stored->madeHere;
  llvm::consumeError(stored.takeError());
  return false;
}
}  // namespace

llvm::Expected<layerfs::Image> imageFor(const CreateOptions& options, llvm::StringRef text, Session& session,
                                        layerfs::Store& store) {
  auto reference = registry::parseReference(text);
  if (options.pull != "always") {
    auto image = loadImage(store.images(), text, options.platform);
    bool pulls = !image && options.pull == "missing" && reference && mayBePulled(*reference, options.platform, store);
    if (!pulls) {
      if (!reference) llvm::consumeError(reference.takeError());
      return image;
    }
    llvm::Error error = image.takeError();
    if (kindOf(error) != FaultKind::NotFound) return error;
    llvm::consumeError(std::move(error));
    if (!options.quiet) session.err() << "Unable to find image '" << reference->familiar() << "' locally\n";
  }
  if (!reference) return reference.takeError();
  return pullImage(*reference, {.platform = options.platform, .quiet = options.quiet}, session, session.err());
}

}  // namespace strata::cli
