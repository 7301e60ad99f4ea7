#pragma once
/// \file The directories behind `RUN --mount=type=cache`: kept from build to build, shared by threads and processes as
/// the mounts ask. On disk, below the store's `cache/mounts/`: `<digest>/id` (the id as text), `<digest>/<n>/data` (a
/// directory) and `<digest>/<n>/lock` (held by its users; its time is that of the last use). Number 0 is everyone's,
/// further ones are made for private users that would otherwise meet. Source: spec MNT-16 to MNT-21.

#include "builder/frontend/mount_flag.h"
#include "support/cancel.h"
#include "support/digest.h"
#include "support/unique_fd.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// A directory in use; given back by the destructor.
struct CacheLease {
  std::string directory;
  UniqueFd lock;
};

class CacheMounts {
public:
  /// `staging` must be on the store's file system.
  CacheMounts(const std::string& storeRoot, std::string staging);

  struct Wish {
    std::string id;  ///< namespace included
    Digest seed;     ///< of what a new directory starts with; none: empty
    CacheSharing sharing = CacheSharing::Shared;
    uint32_t mode = 0755, uid = 0, gid = 0;  ///< of a new directory
  };
  /// The name on disk: order of acquisition for a step with several, so that two steps never wait for each other.
  static std::string keyOf(const Wish& wish);

  /// Makes the first content: with a seed, at a path that does not exist yet, its parent being ours; else in a
  /// directory that has its owner and mode.
  using Fill = llvm::function_ref<llvm::Error(const std::string& directory)>;
  /// Waits for its turn where it must. Faults: Cancelled; Io; what `fill` faults.
  llvm::Expected<CacheLease> acquire(const Wish& wish, Fill fill, const CancelToken& cancel);

  /// A directory that is there, by keyOf(), for reading; nothing where there is none or somebody has it alone.
  llvm::Expected<std::optional<CacheLease>> borrow(const std::string& key) const;

  /// One directory, as it is now.
  struct Slot {
    std::string path;  ///< <root>/<digest>/<n>
    std::string id;    ///< of the mount, as far as known
    uint64_t bytes = 0;
    int64_t lastUse = 0;  ///< nanoseconds since 1970
    bool inUse = false;
  };
  llvm::Expected<std::vector<Slot>> list() const;
  /// False where somebody uses it.
  llvm::Expected<bool> remove(const std::string& slot);

  struct Usage {
    uint64_t directories = 0, inUse = 0, bytes = 0;
  };
  llvm::Expected<Usage> usage() const;
  /// Removes what nobody uses (and was last used before this time, nanoseconds since 1970).
  llvm::Expected<Usage> prune(std::optional<int64_t> unusedSince);

private:
  llvm::Error make(const std::string& slot, const Wish& wish, Fill fill);

  std::string root_, staging_;
};

}  // namespace strata::builder
