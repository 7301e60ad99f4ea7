#pragma once
/// \file Brings the layers that a store knows and has not got: out of repositories, and out of shared directories.

#include "layerfs/layer_store.h"
#include "registry/client.h"
#include "support/progress.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <atomic>
#include <functional>
#include <memory>

namespace strata::registry {

/// What a store is given as LayerSource. Each layer that is brought is a step of the progress; steps have numbers of
/// their own, far above those of a build.
class RemoteLayers : public layerfs::LayerSource {
public:
  /// `client` is asked for when a registry is needed first.
  explicit RemoteLayers(std::function<Client&()> client) : client_(std::move(client)) {}

  /// Who hears of layers on their way from now on; borrowed. Null: nobody.
  void setProgress(ProgressSink* progress) { progress_ = progress ? progress : &silent_; }
  llvm::Expected<std::unique_ptr<ByteSource>> open(const layerfs::LayerBlob& blob) override;
  llvm::Expected<std::unique_ptr<ByteSource>> openEnd(const layerfs::LayerBlob& blob, uint64_t begin,
                                                      const Digest& digest) override;

private:
  llvm::Expected<std::unique_ptr<ByteSource>> openUnseen(const layerfs::LayerBlob& blob);
  llvm::Expected<Repository*> repositoryOf(const layerfs::LayerBlob& blob);

  std::function<Client&()> client_;
  SilentProgress silent_;
  std::atomic<ProgressSink*> progress_ = &silent_;
  std::atomic<uint32_t> steps_ = 1u << 30;
};

/// Brings what is still away, several layers at a time. The first failure keeps those from starting that have not
/// begun. Faults: as Layer::bring(), of each that failed.
[[nodiscard]] llvm::Error bringLayers(llvm::ArrayRef<std::shared_ptr<layerfs::Layer>> layers);

}  // namespace strata::registry
