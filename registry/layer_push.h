#pragma once
/// \file A layer on its way into a repository, moving as little as can be: what the registry has under the digest that
/// is known for the layer is not sent (nor asked for, where a manifest is there that names all of an image's), what it
/// has in another of its repositories is mounted, a blob that is elsewhere goes through as it is, and only then is the
/// layer compressed, straight into the upload (a small one first, which lets it go in one request, or not at all).
/// Whose blob stands for a layer decides what others will run: of a layer that is here only blobs do that this store
/// has compared with it, of one that is elsewhere also the one that its own image's manifest, or the cache that gave
/// it, names.

#include "layerfs/compression.h"
#include "layerfs/layer_store.h"
#include "registry/at_once.h"
#include "registry/client.h"
#include "support/progress.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace strata::registry {

struct PushChoice {
  layerfs::CompressionChoice compression;
  bool force = false;  ///< also of what came compressed in another way
  layerfs::MediaFamily family = layerfs::MediaFamily::Oci;
};

/// For one repository. Any thread, different layers.
class LayerPush {
public:
  /// All borrowed. Layers are steps of the progress, numbered from `firstStep`.
  LayerPush(Repository& repository, Client& client, layerfs::LayerStore& layers, const PushChoice& choice,
            ProgressSink& progress, uint32_t firstStep = 1u << 29)
      : repository_(repository),
        client_(client),
        layers_(layers),
        choice_(choice),
        progress_(progress),
        steps_(firstStep) {}

  /// The blob that the repository has of the layer now. Faults: as Repository's; Corrupt, Io of the layer.
  llvm::Expected<layerfs::Descriptor> push(layerfs::Layer& layer);
  /// The blobs of all layers, with nothing asked of any of them, where it is known without compressing which they are
  /// and `isThere` says that the repository has them. Else nothing.
  using IsThere = llvm::function_ref<llvm::Expected<bool>(llvm::ArrayRef<layerfs::Descriptor> blobs)>;
  llvm::Expected<std::optional<std::vector<layerfs::Descriptor>>> takeKnown(llvm::ArrayRef<layerfs::Layer*> layers,
                                                                            IsThere isThere);
  /// An image's configuration. Faults: as Repository's.
  [[nodiscard]] llvm::Error pushConfig(llvm::StringRef text);

private:
  enum class Way { Exists, Mounted, Sent };
  struct Sent {
    layerfs::Descriptor blob;
    Way way = Way::Sent;
    std::string from;      ///< Mounted
    bool verified = true;  ///< LayerBlob::verified
  };
  Sent sentAs(const layerfs::LayerBlob& blob, Way way, std::string from = {}) const;
  uint32_t begin(const layerfs::DiffId& diffId);
  llvm::Expected<layerfs::Descriptor> finish(layerfs::Layer& layer, const layerfs::DiffId& diffId, uint32_t step,
                                             Sent sent);
  llvm::Expected<Sent> pushUnseen(layerfs::Layer& layer, uint32_t step);
  llvm::Expected<std::vector<layerfs::LayerBlob>> blobsFor(const layerfs::Layer& layer, const layerfs::DiffId& diffId);
  llvm::Expected<std::optional<Sent>> tryKnown(layerfs::Layer& layer, const layerfs::DiffId& diffId, uint32_t step);
  llvm::Expected<bool> copyThrough(const layerfs::LayerBlob& blob, uint32_t step);
  llvm::Expected<Sent> compressAndSend(layerfs::Layer& layer, uint32_t step);
  llvm::Error compress(layerfs::Layer& layer, uint32_t step, llvm::StringRef tail, ByteSink& sink);
  llvm::Expected<Sent> sendSmall(std::string compressed);
  bool mayServe(const layerfs::Descriptor& blob, bool isOwn) const;

  Repository& repository_;
  Client& client_;
  layerfs::LayerStore& layers_;
  PushChoice choice_;
  ProgressSink& progress_;
  std::atomic<uint32_t> steps_;
  Causes causes_;
};

}  // namespace strata::registry
