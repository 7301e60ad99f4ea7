#pragma once
/// \file How many writers add to one root without losing each other's additions.
///
/// Where the storage locks (a directory), reading, merging and writing are one. Most registries neither lock nor
/// compare, so that a write may cover one that came after its reading. Three rules make up for that:
///
/// 1. Who writes has read at most one `window` ago (CacheIndex::window), else it reads again.
/// 2. What is written holds all that this writer has ever read there or means to add.
/// 3. After its write, and never less than a window later, the writer reads again; if anything of rule 2 is missing it
///    merges and writes once more, and waits again.
///
/// So nothing is lost. Suppose a pack were missing at the end. It was there once; take the last moment at which it went
/// from being there to not. Writer V did that, so V had never read it: V read at a time g when it was not there, and
/// somebody, Y, put it there between g and V's write. Y reads again a window after that, which is after V's write
/// (rule 1), finds it missing and writes it (rules 2 and 3): then that was not the last moment. (A writer that is
/// killed between its write and its second reading may lose its own addition, nobody else's.)
///
/// A writer that could not keep to the window says so in what it writes: from then on the window is longer.

#include "builder/remote/cache_index.h"
#include "builder/remote/cache_storage.h"
#include "support/cancel.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

namespace strata::builder {

class Publisher {
public:
  /// Both borrowed.
  Publisher(CacheStorage& storage, const CancelToken& cancel) : storage_(storage), cancel_(cancel) {}

  /// What is there now; empty where there is nothing, or no cache. Counts as read (rule 2).
  llvm::Expected<CacheIndex> read();
  /// Adds to the root. `tidy` may make less of what is about to be written (compact.h), from what has been read.
  using Tidy = llvm::function_ref<llvm::Error(CacheIndex& next)>;
  [[nodiscard]] llvm::Error add(const CacheIndex& addition, Tidy tidy);
  /// Rule 3, for as long as it takes.
  [[nodiscard]] llvm::Error confirm();

private:
  using Clock = std::chrono::steady_clock;
  struct Seen {
    CacheIndex index;
    std::optional<Digest> digest;  ///< of the root
    Clock::time_point when;        ///< before the reading began
  };
  llvm::Expected<Seen> look();
  llvm::Error write(Tidy tidy);
  llvm::Error writeOnce(Tidy tidy, bool& written);
  llvm::Error dropMissing(CacheIndex& next);
  llvm::Error rest(std::chrono::milliseconds time) const;

  CacheStorage& storage_;
  const CancelToken& cancel_;
  CacheIndex known_;  ///< all that was read or is to be added
  bool wrote_ = false;
  Clock::time_point writtenAt_;
};

}  // namespace strata::builder
