#pragma once
/// \file One layer on disk, as the LayerStore hands it out. The table of layers belongs to layer_store.cc.

#include "layerfs/layer_store.h"

#include <sys/stat.h>
#include <atomic>
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

/// What tells a file from itself after somebody touched it: number, size and time of its last change. A rename of the
/// file, not one of its directory, counts as a touch.
std::string stampOf(const struct stat& status);

/// Writes the index of a tar of `size` bytes, which is open as `tar`, to a new file.
[[nodiscard]] llvm::Error writeIndex(const LayerIndex& tree, int tar, uint64_t size, const std::string& path);

/// What the table of layers has of one.
struct LayerRow {
  LayerId id;
  LayerForm form = LayerForm::Dir;
  std::optional<Layer::TarIdentity> identity;
  std::string stamp;  ///< of the tar when it had that identity
};

class StoredLayer : public Layer {
public:
  StoredLayer(LayerPlaces places, const LayerRow& row)
      : places_(std::move(places)),
        directory_(places_.directoryOf(row.id)),
        id_(row.id),
        form_(row.form),
        identity_(row.identity),
        stamp_(row.stamp) {}

  LayerId id() const override { return id_; }
  LayerForm form() const override { return form_; }
  llvm::Expected<TarIdentity> tarIdentity() override;
  llvm::Error writeTar(ByteSink& sink) override;
  llvm::Error verify() override;
  llvm::Error walk(EntryVisitor visit) override;
  llvm::Expected<std::unique_ptr<LayerReader>> reader() override;
  llvm::Expected<LayerDirectory> directory() override;
  /// What one look at the disk shows to be wrong, without reading; nothing for a layer that looks whole.
  std::string visibleDamage();
  /// Takes a damaged layer out of the database, so that the next who needs it makes it again; its files go with the
  /// next sweep.
  llvm::Error forget(const std::string& problem);

private:
  std::string tree() const { return directory_ + "/fs"; }
  std::string tar() const { return directory_ + "/tar"; }
  std::string index() const { return directory_ + "/index"; }
  llvm::Error produceTar(ByteSink& sink);
  llvm::Error becomeTar();
  std::optional<TarIdentity> known();
  llvm::Error remember(const TarIdentity& identity, const std::string& stamp);
  llvm::Error compareTar(ByteSink* sink, const TarIdentity& expected);
  llvm::Expected<LayerDirectory> mount(TarForm form);
  llvm::Error makeIndex();
  llvm::Error unpack();

  LayerPlaces places_;
  std::string directory_;
  LayerId id_;
  std::atomic<LayerForm> form_;  ///< a directory may become a tar, which is what `mutex_` is for
  std::mutex mutex_;             ///< one thread hashes, one unpacks; held across isolated tbb:: work only
  std::mutex knownMutex_;        ///< of what is known; nothing else is locked while it is held
  std::optional<TarIdentity> identity_;
  std::string stamp_;
  bool unpacked_ = false;
  std::shared_ptr<const UniqueFd> mount_;  ///< of the tar
};

}  // namespace strata::layerfs
