#pragma once
/// \file What a build's solver and the caches elsewhere say to each other: records asked for where the store has none,
/// results told as they come about. Nothing of it can fail a build: what goes wrong is a miss and a warning.

#include "builder/cache/record_store.h"
#include "layerfs/layer_store.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// Any thread.
class CacheExchange {
public:
  virtual ~CacheExchange() = default;

  /// Whether there is anybody to ask.
  virtual bool imports() const = 0;
  /// False while an answer would have to be waited for: other work goes first.
  virtual bool isReady() = 0;
  /// The record of this key (or alias), made one of the store's own; its layer may be elsewhere until somebody reads
  /// it. Waits for the caches, but not for ever.
  virtual std::optional<CacheRecord> find(const Digest& key) = 0;
  virtual std::optional<CacheRecord> findByAlias(const Digest& alias) = 0;

  /// A step has its layer, from the cache or by working.
  struct Result {
    CacheRecord record;
    Digest alias;  ///< none, or the key itself, where there is no cheaper one
    std::shared_ptr<layerfs::Layer> layer;
    bool executed = false;  ///< it was made in this build
    bool inImage = false;   ///< a result of the build is made of this layer
  };
  virtual void onResult(Result result) = 0;
  /// What the steps of a stage stand on.
  virtual void onBase(const std::vector<std::shared_ptr<layerfs::Layer>>& layers) = 0;
  /// Puts the outline of a layer that is elsewhere into the store, if somebody has one.
  virtual void bringOutline(const layerfs::DiffId& diffId) = 0;

  /// Fills the directory of a cache mount that is new here; false where nobody has it. `slot`: CacheMounts::keyOf().
  virtual bool restoreMount(const std::string& slot, const std::string& directory) = 0;
  /// A RUN that mounted this cache has ended.
  virtual void onMountUsed(const std::string& slot, const std::string& id) = 0;
};

}  // namespace strata::builder
