#pragma once
/// \file Layers: the sets of files that images are stacks of. On disk `layers/<id>/`: `fs/`, a directory in overlay
/// upper format; or `tar`, the layer's uncompressed tar, and `index`, an EROFS image whose files lie in that tar, with
/// which the kernel mounts it (erofs_mount.h); beside these `hash-states` (known_tar.h) and `compressed/`
/// (kept_blocks.h). Where the host cannot, `fs/` is made from the tar when first needed; where it can, a directory
/// becomes a tar when somebody asks for its digest, and its files go with the next sweep. A layer may also be known by
/// its diffID alone, its bytes in a registry or a shared directory: it becomes a tar when somebody first reads it.

#include "layerfs/ids.h"
#include "layerfs/known_tar.h"
#include "layerfs/layer_blobs.h"
#include "layerfs/layer_directory.h"
#include "layerfs/layer_entry.h"
#include "layerfs/layer_index.h"
#include "layerfs/layer_reader.h"
#include "layerfs/layer_tar.h"
#include "support/bytes.h"
#include "support/database.h"
#include "support/files.h"

#include <llvm/Support/Error.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::layerfs {

/// Where the truth lies: elsewhere (its blobs say where), in a directory (what a RUN leaves at first), or in a tar. A
/// layer only ever moves on.
enum class LayerForm { Remote, Dir, Tar };

/// One layer of the store. Immutable; any thread. Obtained from the LayerStore.
class Layer {
public:
  virtual ~Layer() = default;
  virtual LayerId id() const = 0;
  virtual LayerForm form() const = 0;

  /// Digest and size of the uncompressed tar; a dir layer computes them at the first call, in one pass over its files
  /// that makes it a tar layer where the host can mount one, and the store remembers. Two threads asking at once: one
  /// computes.
  struct TarIdentity {
    DiffId diffId;
    uint64_t size = 0;  ///< bytes of the uncompressed tar; 0: a remote layer that nobody has read yet
  };
  virtual llvm::Expected<TarIdentity> tarIdentity() = 0;

  /// The blob that it came as, if that is to be kept (LayerStore::addRemote).
  virtual std::optional<Descriptor> cameAs() const = 0;
  /// The blob that whoever told of a layer, when it was elsewhere, named for it: an image's manifest (it is cameAs()
  /// then) or a cache. Nobody has compared the two unless LayerBlobs says so: the layer may be passed on as this blob
  /// only where the same is believed anyway.
  virtual std::optional<Descriptor> toldBlob() const = 0;
  /// What a manifest of this store says of the layer: the blob that it came as, else its tar.
  llvm::Expected<Descriptor> descriptor();
  /// Brings a remote layer's bytes; of others they are here. Whatever reads a layer does it by itself. All places that
  /// are known are asked, the blob that it was told as first. Faults: Unavailable if none gave it and one of them did
  /// not answer: it may have the layer, and nothing is forgotten; else Denied if one wants another login; else Corrupt
  /// where one gave something else, or for a layer that can be had nowhere any more, but can be made again: it is
  /// dropped then; else NotFound. Io and Cancelled end it at once.
  [[nodiscard]] virtual llvm::Error bring() = 0;

  /// The bytes whose digest is the diffID. They are compared with it again where the file system says that somebody
  /// touched them. Faults: Corrupt, at the end, if they do not have it any more: the layer is dropped then.
  /// `from`: begins with this byte.
  [[nodiscard]] virtual llvm::Error writeTar(ByteSink& sink, uint64_t from = 0) = 0;
  /// The tar, where the layer has one here that nobody touched since it was hashed; else one without a file.
  virtual KnownTar openTar() = 0;
  /// Where blocks of the compressed tar are kept (makeCompressor()) for a later layer that begins alike; empty where
  /// none is likely to. What the layer takes on disk is measured again.
  virtual llvm::Expected<std::string> keptBlocks() = 0;
  /// Reads everything that is here and compares it with the diffID, whatever the file system says. Faults: as
  /// writeTar().
  [[nodiscard]] virtual llvm::Error verify() = 0;
  /// Every entry with its content in pathLess order, the root first, as walkLayerDirectory. A tar is read through its
  /// index: what nobody reads of a content costs nothing.
  [[nodiscard]] virtual llvm::Error walk(EntryVisitor visit) = 0;
  /// The layer file by file; nothing is mounted for it.
  virtual llvm::Expected<std::unique_ptr<LayerReader>> reader() = 0;
  /// The layer as a directory, for a snapshot's lower. A tar is mounted at the first call, for as long as somebody
  /// holds this object, or unpacked where the host cannot mount it.
  virtual llvm::Expected<LayerDirectory> directory() = 0;
};

/// A layer in the making: an `upper` in overlay upper format and overlay's `work` beside it. Staged under tmp/, it
/// begins empty and is gone with its owner unless published. A kept one is what a container writes: it stays at its
/// place.
class LayerDraft {
public:
  explicit LayerDraft(TempDir directory);
  /// The draft at `directory`, on the store's file system: made if it is not there, else with what it holds. Durable:
  /// what is written is to outlive a crash of the host, as far as whoever writes asks for it (fsync(2)).
  enum class Durable { No, Yes };
  static llvm::Expected<LayerDraft> keepAt(const std::string& directory, Durable durable);
  LayerDraft(LayerDraft&&) = default;
  LayerDraft& operator=(LayerDraft&&) = default;
  std::string upper() const;  ///< mode 0755, owner 0:0
  std::string work() const;
  bool isDurable() const { return durable_ == Durable::Yes; }

private:
  explicit LayerDraft(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] llvm::Error makeEmpty() const;
  friend class LayerStore;
  std::string directory_;
  std::optional<TempDir> staged_;  ///< `directory_`, to be removed
  Durable durable_ = Durable::No;
};

/// A tar layer in the making, staged under tmp/: an empty file. Gone with its owner unless published.
class TarDraft {
public:
  static llvm::Expected<TarDraft> make(const std::string& staging);
  int file() const { return file_.get(); }                                    ///< open for reading and writing
  std::string layer() const { return joinPath(directory_.path(), "layer"); }  ///< what is to be the layer's directory

private:
  TarDraft(TempDir directory, UniqueFd file) : directory_(std::move(directory)), file_(std::move(file)) {}
  TempDir directory_;
  UniqueFd file_;
};

/// What one tar has to do with another, for who is to save work with the next.
struct TarHistory {
  std::vector<Hasher::State> states;  ///< of its hashing; none: no later tar will begin alike
  Digest like;                        ///< of an earlier layer's tar
  uint64_t alike = 0;                 ///< bytes, from the start on, that both have
};

/// All layers of a store root. Any thread and any process.
class LayerStore {
public:
  /// `root` is the store's root, in which layers/ is made; `staging` must be on the same file system. `form`: how tars
  /// are to become directories; empty: the best way that works here.
  static llvm::Expected<std::unique_ptr<LayerStore>> open(std::string root, std::string staging, Database& database,
                                                          std::string form = {});
  ~LayerStore();

  /// How tars become directories on this host. Found out at the first call.
  llvm::Expected<TarForm> tarForm();

  llvm::Expected<LayerDraft> makeDraft();
  /// Makes what was written in the draft a dir layer: one rename, then named in the database.
  llvm::Expected<std::shared_ptr<Layer>> publish(const LayerDraft& draft);
  /// The layer of a draft in which nothing was written: the tar of no entries, made if it is not there. Null where a
  /// layer of that digest is there that changes / itself, or that is a directory.
  llvm::Expected<std::shared_ptr<Layer>> emptyLayer();
  llvm::Expected<TarDraft> makeTarDraft();
  /// Makes the draft, whose file is complete, a tar layer. A layer with this diffID that is there already is returned
  /// instead.
  llvm::Expected<std::shared_ptr<Layer>> publish(TarDraft draft, const LayerIndex& index,
                                                 const Layer::TarIdentity& identity, const TarHistory& history = {});
  /// Stores an uncompressed tar as a tar layer, validated entry by entry on the way. A layer with this diffID that is
  /// there already is returned instead. Faults: Invalid; Corrupt if it does not hash to `expected`.
  llvm::Expected<std::shared_ptr<Layer>> addTar(ByteSource& tar, std::optional<DiffId> expected = {});

  /// A layer whose bytes stay where they are until somebody reads them. `cameAs`: the blob that manifests of this store
  /// are to name for it (a base image's layer, which nobody here can make again); nothing: its tar, of `tarSize` bytes
  /// (0: not known). A layer with this diffID whose bytes are here is returned instead, or one of which the same was
  /// told (Layer::toldBlob(): `cameAs`, else the first of `blobs`); the blobs are written down in any case.
  llvm::Expected<std::shared_ptr<Layer>> addRemote(const DiffId& diffId, llvm::ArrayRef<LayerBlob> blobs,
                                                   const std::optional<Descriptor>& cameAs, uint64_t tarSize = 0);
  LayerBlobs& blobs();
  /// How often a layer that can be made again could not be brought, though a place may still have it.
  uint64_t unreached() const;
  /// What brings remote layers; borrowed, for as long as the store is open.
  void setSource(LayerSource* source);
  LayerSource* source() const;  ///< null: there is none

  /// Faults: NotFound, also for a layer whose files are gone or cut short: it is dropped then.
  llvm::Expected<std::shared_ptr<Layer>> load(LayerId id);
  llvm::Expected<std::shared_ptr<Layer>> findByDiffId(const DiffId& diffId);  ///< null: there is none
  /// True also where the database cannot say: nothing is swept because of a fault.
  bool contains(LayerId id);

  struct Usage {
    LayerId id;
    LayerForm form;
    uint64_t bytes = 0;   ///< on disk
    int64_t created = 0;  ///< nanoseconds since 1970
  };
  llvm::Expected<std::vector<Usage>> list();
  /// Bytes of the tars, of every layer of which they are known.
  llvm::Expected<std::map<LayerId, uint64_t>> tarSizes();
  /// Removes the directories that tars stand for now, and that they were unpacked to where the host can mount them; the
  /// bytes freed. To be called alone (Store::alone). A dry run only counts.
  llvm::Expected<uint64_t> dropDirectories(bool dryRun = false);
  /// Locks that keep dropDirectories() from these layers' directories, for who has them mounted after the store is
  /// closed.
  llvm::Expected<std::vector<UniqueFd>> holdDirectories(llvm::ArrayRef<std::shared_ptr<Layer>> layers);
  /// After the database lost rows: no new layer gets the number of one that is still on disk, and may be named
  /// elsewhere.
  [[nodiscard]] llvm::Error skipUsedNumbers();
  /// Forgets the layer in the database, then removes its files. Absent is success.
  [[nodiscard]] llvm::Error remove(LayerId id);

private:
  struct Impl;
  explicit LayerStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::layerfs
