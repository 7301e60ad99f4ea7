#pragma once
/// \file The shared caches of one build: those it takes from, those it adds to, and what its image carries itself. The
/// one thing that the build knows of this folder:
///
///     begin -> (the solver asks and tells) -> explain -> publish -> ... exports ... -> finish

#include "builder/cache/cache_exchange.h"
#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"
#include "builder/remote/cache_options.h"
#include "layerfs/ids.h"
#include "layerfs/store.h"
#include "registry/client.h"
#include "support/cancel.h"
#include "support/fault.h"
#include "support/progress.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::builder {

/// What `--cache-from` and `--cache-to` say.
struct CacheSettings {
  std::vector<CachePlace> from;
  std::vector<CacheTarget> to;
  /// What of a build others may see; null: all.
  std::function<Build(Build)> forOthers;
};

class CacheSession {
public:
  /// What a build has anyway; all borrowed.
  struct Services {
    layerfs::Store& store;
    RecordStore& records;
    TreeStore& trees;
    Journal& journal;
    ProgressSink& progress;
    const registry::Client* registry;  ///< whose connections the caches use; null: they have their own
    const CancelToken& cancel;
  };
  CacheSession(const CacheSettings& settings, Services services);
  ~CacheSession();

  /// For the solver; null where there is no cache but the store's own.
  CacheExchange* exchange();

  /// Where this project was never built, or nothing is left of any build, what the caches have is wanted for certain:
  /// it comes while the context is read. Else it comes at the first step that the store does not know, and a build that
  /// it knows asks nobody.
  void begin(const Build& build);
  /// Warns of mounts= that name none of the cache mounts that the build's RUNs have.
  void checkMounts(llvm::ArrayRef<std::string> ids);
  /// Puts the build that filled the cache into the journal, as imported, with the trees of its files, if a step of this
  /// one missed: `why` compares with it.
  void explain(const Build& build);
  /// Writes down for others what this build has found out, behind whatever it does next.
  void publish(const Build& build);
  /// Before an image is pushed to these repositories ("localhost:5000/team/app"): its layers are sent once, not by two.
  void awaitLayersFor(llvm::ArrayRef<std::string> repositories);
  /// What the configuration of an image with these layers is to carry (type=inline): JSON, or nothing.
  std::string inlineCache(llvm::ArrayRef<layerfs::DiffId> layers);
  /// Waits until the caches have everything, or the time is up; says what went wrong. A fault only where
  /// ignore-error=false asks for one.
  [[nodiscard]] llvm::Error finish();
  /// Of a build that failed: what its steps have done is for others as well, as far as that takes no time.
  void finishFailed(const Build& build);

  /// Of a build that failed with this: whether a cache is to blame for what it gave, so that it is done again without
  /// those to take from. `damaged`: layers were found damaged on the way, or nowhere.
  bool isToBlame(FaultKind kind, bool damaged);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::builder
