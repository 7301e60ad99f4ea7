#pragma once
/// \file Files from anywhere into a layer's tar, front to back in one pass: files are read and formatted in parallel,
/// then appended, hashed and indexed in their order; who wants the digest of a content itself gets it from the same
/// pass. What is written depends on the items alone; bytes that an earlier tar has at the same place are not hashed.
/// Memory: a few pieces of a megabyte, whatever the sizes of files.

#include "layerfs/known_tar.h"
#include "layerfs/layer_entry.h"
#include "layerfs/layer_index.h"
#include "support/cancel.h"
#include "support/digest.h"
#include "support/unique_fd.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <sys/stat.h>
#include <functional>
#include <optional>

namespace strata::layerfs {

/// A content that stands in an open file already, which stays as it is: in the tar of another layer. Borrowed.
struct StoredContent {
  int file = -1;
  uint64_t offset = 0;
};

/// An entry of the tar to be.
struct TarItem {
  LayerEntry entry;
  /// Opens a File's content, which has entry.size bytes from the descriptor's start, and completes the entry (xattrs).
  /// Any thread, once. Nothing: the content is `stored`, or else `bytes`.
  std::function<llvm::Expected<UniqueFd>(LayerEntry& entry)> open;
  /// After the last byte was read: a fault if the file, which is like `status` now, is not what it was. May be empty.
  /// With `digest` it is told the content's. Any thread, once.
  std::function<llvm::Error(int file, const struct stat& status, const Digest& content)> check;
  bool digest = false;
  std::optional<StoredContent> stored;
  llvm::StringRef bytes;      ///< must stay as long as the pass
  uint64_t* place = nullptr;  ///< where to say at which offset of the tar the content begins; borrowed
};

/// Called for one item after the other, in the order in which they are to stand; nothing ends the tar.
using NextTarItem = llvm::function_ref<llvm::Expected<std::optional<TarItem>>()>;

struct WrittenTar {
  Digest digest;
  uint64_t size = 0;
  std::vector<Hasher::State> states;  ///< of its hashing
  uint64_t alike = 0;                 ///< bytes, from the start on, that `like` has too
};

/// Appends to `file` from its start on. `like`: a tar that may begin with the same bytes, null: there is none. Faults:
/// those of the items; Invalid for a file that changed while it was read, or a name that layers keep for removals;
/// Cancelled; Io.
llvm::Expected<WrittenTar> writeTar(NextTarItem next, int file, LayerIndex& index, const CancelToken& cancel,
                                    const KnownTar* like = nullptr);

/// Whether this very tar would come of the items. Nothing is written; ends at the first difference. Faults: as
/// writeTar().
llvm::Expected<bool> givesTar(NextTarItem next, const KnownTar& tar, const CancelToken& cancel);

}  // namespace strata::layerfs
