#pragma once
/// \file One layer on disk, as the LayerStore hands it out. The table of layers belongs to layer_store.cc.

#include "layerfs/layer_store.h"

#include <mutex>
#include <optional>
#include <string>

namespace strata::layerfs {

/// Where a store keeps its layers, shared by the store and the layers it gave out.
struct LayerPlaces {
  std::string layers;  ///< <root>/layers
  std::string staging;
  Database& database;
  std::shared_ptr<TarForms> forms;
  std::string directoryOf(LayerId id) const { return joinPath(layers, std::to_string(id.value)); }
};

class StoredLayer : public Layer {
public:
  StoredLayer(LayerPlaces places, LayerId id, LayerForm form, std::optional<TarIdentity> identity)
      : places_(std::move(places)), directory_(places_.directoryOf(id)), id_(id), form_(form), identity_(identity) {}

  LayerId id() const override { return id_; }
  LayerForm form() const override { return form_; }
  llvm::Expected<TarIdentity> tarIdentity() override;
  llvm::Error writeTar(ByteSink& sink) override;
  llvm::Error walk(TarVisitor visit) override;
  llvm::Expected<LayerDirectory> directory() override;
  /// What one look at the disk shows to be wrong, without reading; nothing for a layer that looks whole.
  std::string visibleDamage() const;
  /// Takes a damaged layer out of the database, so that the next who needs it makes it again; its files go with the
  /// next sweep.
  llvm::Error forget(const std::string& problem);

private:
  std::string tree() const { return directory_ + "/fs"; }
  std::string tar() const { return directory_ + "/tar"; }
  std::string index() const { return directory_ + "/index"; }
  llvm::Error produceTar(ByteSink& sink);
  llvm::Error rememberIdentity();
  llvm::Expected<LayerDirectory> mount(TarForm form);
  llvm::Error makeIndex();
  llvm::Error unpack();

  LayerPlaces places_;
  std::string directory_;
  LayerId id_;
  LayerForm form_;
  std::mutex mutex_;  ///< one thread hashes, one unpacks; never held across a tbb:: call
  std::optional<TarIdentity> identity_;
  bool unpacked_ = false;
  std::shared_ptr<const UniqueFd> mount_;  ///< of the tar
};

}  // namespace strata::layerfs
