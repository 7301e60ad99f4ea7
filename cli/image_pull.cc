#include "cli/image_pull.h"

#include "cli/console.h"
#include "cli/flag_fault.h"
#include "cli/image_events.h"
#include "cli/transfer_view.h"
#include "registry/pull.h"
#include "registry/remote_layers.h"

#include <unistd.h>

namespace strata::cli {

namespace {
/// Short digest of the blob that a layer comes as, under which pulls show it.
llvm::Expected<std::string> shownAs(layerfs::Layer& layer) {
  auto blob = layer.descriptor();
  if (!blob) return blob.takeError();
  return blob->digest.shortHex();
}

llvm::Error bringAll(const layerfs::Image& image, TransferView& view) {
  for (const std::shared_ptr<layerfs::Layer>& layer : image.layers) {
    if (layer->form() == layerfs::LayerForm::Remote) continue;
    auto id = shownAs(*layer);
    if (!id) return id.takeError();
    view.settled(*id, "Already exists");
  }
  return registry::bringLayers(image.layers);
}
}  // namespace

llvm::Expected<layerfs::Image> pullImage(const registry::Reference& reference, const PullOptions& options,
                                         Session& session, llvm::raw_ostream& out) {
  auto said = platformFlag(options.platform);
  if (!said) return said.takeError();
  layerfs::Platform platform = said->value_or(layerfs::hostPlatform());
  auto match = *said ? registry::PlatformMatch::Required : registry::PlatformMatch::Preferred;
  auto store = session.store();
  if (!store) return store.takeError();
  int terminal = &out == &llvm::outs() ? STDOUT_FILENO : STDERR_FILENO;
  llvm::raw_null_ostream nowhere;
  TransferView view(options.quiet ? nowhere : out, {.underWay = "Downloading", .done = "Pull complete"},
                    options.quiet ? nullptr : TransferView::terminalAt(terminal));
  if (!options.quiet)
    out << (reference.digest ? reference.digest->str() : reference.tag) << ": Pulling from "
        << llvm::StringRef(reference.path) << "\n";
  out.flush();
  auto pulled = registry::pullDocuments(session.registry(), reference, platform, **store, match);
  if (!pulled) return pulled.takeError();
  bool isWhole = true;
  for (const auto& layer : pulled->image.layers) isWhole &= layer->form() != layerfs::LayerForm::Remote;
  if (!isWhole) {
    session.showTransfers(&view);
    auto error = bringAll(pulled->image, view);
    session.showTransfers(nullptr);
    if (error) return error;
  }
  tellImage(session, "pull", reference.familiar(), reference.canonical());
  if (options.quiet) return std::move(pulled->image);
  out << "Digest: " << pulled->root.str()
      << "\nStatus: " << (pulled->isNew || !isWhole ? "Downloaded newer image for " : "Image is up to date for ")
      << reference.familiar() << "\n";
  return std::move(pulled->image);
}

}  // namespace strata::cli
