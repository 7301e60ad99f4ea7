#pragma once
/// \file One layer on disk, as the LayerStore hands it out. The table of layers belongs to layer_store.cc.

#include "layerfs/layer_store.h"
#include "layerfs/staged_tar.h"

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
  std::shared_ptr<LayerBlobs> blobs;
  std::shared_ptr<std::atomic<LayerSource*>> source;  ///< null where nobody brings anything
  std::shared_ptr<std::atomic<uint64_t>> unreached;   ///< LayerStore::unreached()
  std::string directoryOf(LayerId id) const { return joinPath(layers, std::to_string(id.value)); }
  std::string keptBlocksOf(LayerId id) const { return directoryOf(id) + "/compressed"; }
  /// Its use of disk is not what it was.
  llvm::Error measureAgain(LayerId id) const;
};

/// What the table of layers has of one.
struct LayerRow {
  LayerId id;
  LayerForm form = LayerForm::Dir;
  std::optional<Layer::TarIdentity> identity;
  std::string stamp;                   ///< of the tar when it had that identity
  std::optional<Descriptor> toldBlob;  ///< Layer::toldBlob()
  bool made = false;                   ///< somebody here can make it again: no manifest names that blob

  /// The columns that every query for a row has.
  static constexpr llvm::StringLiteral kColumns = "id, form, diff_id, tar_size, stamp, came_as, made";
  static LayerRow read(const Statement& row);
  static int64_t numberOf(LayerForm form) { return int64_t(form) - 1; }  ///< in the table
  static LayerForm formOf(int64_t number) { return LayerForm(number + 1); }
  static std::string written(const Descriptor& blob);
};

class StoredLayer : public Layer {
public:
  StoredLayer(LayerPlaces places, const LayerRow& row)
      : places_(std::move(places)),
        directory_(places_.directoryOf(row.id)),
        id_(row.id),
        form_(row.form),
        toldBlob_(row.toldBlob),
        made_(row.made),
        identity_(row.identity),
        stamp_(row.stamp) {}

  LayerId id() const override { return id_; }
  LayerForm form() const override { return form_; }
  llvm::Expected<TarIdentity> tarIdentity() override;
  std::optional<Descriptor> cameAs() const override { return made_ ? std::nullopt : toldBlob(); }
  std::optional<Descriptor> toldBlob() const override {
    std::lock_guard lock(knownMutex_);
    return toldBlob_;
  }
  llvm::Error bring() override;
  llvm::Error writeTar(ByteSink& sink, uint64_t from = 0) override;
  KnownTar openTar() override;
  llvm::Expected<std::string> keptBlocks() override;
  llvm::Error verify() override;
  llvm::Error walk(EntryVisitor visit) override;
  llvm::Expected<std::unique_ptr<LayerReader>> reader() override;
  llvm::Expected<LayerDirectory> directory() override;
  /// A remote layer's files have come, staged in a directory that is to be the layer's. Nobody waits for anything here.
  llvm::Error adopt(const std::string& staged, const TarIdentity& identity, const std::string& stamp);
  llvm::Error checkOutlineTail();
  /// Of a remote layer whose size nobody knew.
  llvm::Error learnSize(uint64_t size);
  /// What one look at the disk shows to be wrong, without reading; nothing for a layer that looks whole.
  std::string visibleDamage();
  /// Takes a damaged layer out of the database, so that the next who needs it makes it again; its files go with the
  /// next sweep.
  llvm::Error forget(const std::string& problem);

private:
  std::string tree() const { return directory_ + "/fs"; }
  std::string tar() const { return directory_ + "/tar"; }
  std::string index() const { return directory_ + "/index"; }
  llvm::Error bringFrom(LayerSource& source, const LayerBlob& blob, const TarIdentity& wanted);
  llvm::Expected<bool> wasBrought();
  llvm::Expected<std::vector<LayerBlob>> placesToAsk(const DiffId& diffId);
  llvm::Error unreachable(llvm::Error cause);
  llvm::Error produceTar(ByteSink& sink, uint64_t from = 0);
  llvm::Error becomeTar();
  std::optional<TarIdentity> known();
  llvm::Error remember(const TarIdentity& identity, const std::string& stamp, LayerForm form);
  llvm::Error compareTar(ByteSink* sink, const TarIdentity& expected);
  llvm::Expected<LayerDirectory> mount(TarForm form);
  llvm::Error makeIndex();
  llvm::Error unpack();

  LayerPlaces places_;
  std::string directory_;
  LayerId id_;
  std::atomic<LayerForm> form_;  ///< moves on under `mutex_`
  std::optional<Descriptor> toldBlob_;
  bool made_;
  std::mutex mutex_;               ///< one thread hashes, one unpacks; held across isolated tbb:: work only
  mutable std::mutex knownMutex_;  ///< of what is known; nothing else is locked while it is held
  std::optional<TarIdentity> identity_;
  std::string stamp_;
  bool unpacked_ = false;
  std::shared_ptr<const UniqueFd> mount_;  ///< of the tar
};

}  // namespace strata::layerfs
