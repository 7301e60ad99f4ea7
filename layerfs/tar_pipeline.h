#pragma once
/// \file Files from anywhere into a layer's tar, front to back in one pass: files are read and formatted in parallel,
/// then appended, hashed and indexed in their order; who wants the digest of a content itself gets it from the same
/// pass. What is written depends on the items alone. Memory: a few pieces of a megabyte, whatever the sizes of files.

#include "layerfs/layer_entry.h"
#include "layerfs/layer_index.h"
#include "support/cancel.h"
#include "support/digest.h"
#include "support/unique_fd.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <optional>

namespace strata::layerfs {

/// An entry of the tar to be.
struct TarItem {
  LayerEntry entry;
  /// Opens a File's content, which has entry.size bytes from the descriptor's start, and completes the entry (xattrs).
  /// Any thread, once. Nothing: the content is `bytes`.
  std::function<llvm::Expected<UniqueFd>(LayerEntry& entry)> open;
  /// After the last byte was read: a fault if the file is not what it was. May be empty. With `digest` it is told the
  /// content's. Any thread, once.
  std::function<llvm::Error(int file, const Digest& content)> check;
  bool digest = false;
  llvm::StringRef bytes;  ///< must stay as long as the pass
};

/// Called for one item after the other, in the order in which they are to stand; nothing ends the tar.
using NextTarItem = llvm::function_ref<llvm::Expected<std::optional<TarItem>>()>;

struct WrittenTar {
  Digest digest;
  uint64_t size = 0;
};

/// Appends to `file` from its start on. Faults: those of the items; Invalid for a file that changed while it was read,
/// or a name that layers keep for removals; Cancelled; Io.
llvm::Expected<WrittenTar> writeTar(NextTarItem next, int file, LayerIndex& index, const CancelToken& cancel);

}  // namespace strata::layerfs
