#pragma once
/// \file The store root and everything in it. Layout: `strata.db` (SQLite, WAL), `blobs/` and `oci-layout` (OCI image
/// layout), `layers/`, `tmp/` (staging: numbered directories, each with a lock that its present user holds; what a dead
/// one left goes when it is next taken), `lock` (shared by every user of the store, exclusive for a sweep).

#include "layerfs/content_store.h"
#include "layerfs/image_store.h"
#include "layerfs/layer_outline.h"
#include "layerfs/layer_store.h"
#include "layerfs/snapshot.h"
#include "support/database.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <set>
#include <string>

namespace strata::layerfs {

/// $STRATA_ROOT, else /var/lib/strata for root, else $XDG_DATA_HOME/strata (~/.local/share/strata).
std::string defaultRoot();

class Store {
public:
  struct Options {
    std::string root;
    std::string snapshotter;  ///< "", "overlay", "native"
    std::string layerForm;    ///< "", or the TarForm's name
    /// Hears what was found damaged on the way and dropped, to be made or brought again.
    Database::DamageListener onDamage = {};
  };
  /// Makes what is missing, and a database anew that is damaged, with what can still be read of it. Faults: Denied;
  /// Unsupported for a newer store; Io.
  static llvm::Expected<std::unique_ptr<Store>> open(const Options& options);
  ~Store();

  const std::string& root() const;
  const std::string& staging() const;  ///< this process's directory below tmp/
  Database& database();
  ContentStore& content();
  LayerStore& layers();
  ImageStore& images();
  LayerOutlines& outlines();
  /// Opened and probed at first use: most commands mount nothing. Any thread.
  llvm::Expected<Snapshotter*> snapshotter();

  /// Runs `body` with nobody else in the store: waits for the other processes to leave it, and calls `waiting` first if
  /// there are any. May nest.
  [[nodiscard]] llvm::Error alone(
      llvm::function_ref<llvm::Error()> body, llvm::function_ref<void()> waiting = [] {});

  /// Makes the database anew if reading all of it finds damage, alone; what was wrong, nothing if it is sound. Whatever
  /// was got from this store before is void then.
  llvm::Expected<std::string> mendDatabase();

  struct Sweep {
    uint64_t layers = 0, blobs = 0, bytes = 0;
  };
  /// Removes layers and blobs that no image names and that are not in `keep`, and the directories of layers that are
  /// tars now. Waits for other processes to leave the store.
  llvm::Expected<Sweep> sweep(const std::set<LayerId>& keep);

private:
  llvm::Error sweepAlone(const std::set<LayerId>& keep, Sweep& result);

  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::layerfs
