#include "cli/containers/container_image.h"

#include "cli/image_lookup.h"
#include "cli/image_pull.h"
#include "registry/client.h"
#include "registry/pull.h"
#include "registry/short_names.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {
/// Of an image that was made here, for another platform, no registry has more.
bool mayBePulled(const registry::Reference& reference, const layerfs::Platform& platform, layerfs::Store& store) {
  auto stored = registry::findStored(reference, platform, store);
  if (stored) return !stored->other || !stored->madeHere;
  llvm::consumeError(stored.takeError());
  return false;
}

/// The same under each reading of a name.
bool mayBePulled(llvm::StringRef text, llvm::StringRef platform, layerfs::Store& store) {
  auto plain = registry::parseReference(text);
  if (!plain) return llvm::consumeError(plain.takeError()), false;
  auto wanted = platform.empty() ? layerfs::hostPlatform() : layerfs::parsePlatform(platform);
  if (!wanted) return llvm::consumeError(wanted.takeError()), false;
  std::vector<registry::Reference> meanings = registry::furtherMeaningsOf(text);
  meanings.push_back(std::move(*plain));
  return llvm::all_of(meanings, [&](const auto& meaning) { return mayBePulled(meaning, *wanted, store); });
}
}  // namespace

llvm::Expected<layerfs::Image> imageFor(const CreateOptions& options, llvm::StringRef text, Session& session,
                                        layerfs::Store& store) {
  if (options.pull != "always") {
    auto image = loadImage(store.images(), text, options.platform);
    if (image || options.pull != "missing" || !mayBePulled(text, options.platform, store)) return image;
    llvm::Error error = image.takeError();
    if (!takeIf(error, FaultKind::NotFound)) return error;
    if (!options.quiet) session.err() << "Unable to find image '" << familiarName(text) << "' locally\n";
  }
  auto reference = session.registry().find(text);
  if (!reference) return reference.takeError();
  return pullImage(*reference, {.platform = options.platform, .quiet = options.quiet}, session, session.err());
}

}  // namespace strata::cli
