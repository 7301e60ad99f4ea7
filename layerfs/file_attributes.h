#pragma once
/// \file Owner, xattrs, mode and time of one file, set in the order in which they do not undo each other.

#include "layerfs/layer_entry.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::layerfs {

/// A file to be given attributes: open, or a name in a directory for what cannot be opened (links, devices).
struct FileHandle {
  int fd = -1;
  int directory = -1;
  std::string name = {};
};

enum class Xattrs { Add, Replace };  ///< whether those that the entry does not name are removed

/// Why a file could not be given to them: `number` is chown's errno. Faults: Denied where the user namespace that we
/// are root of does not have one of them, saying what would help; Denied; Io.
[[nodiscard]] llvm::Error ownerFault(uint32_t uid, uint32_t gid, int number);
[[nodiscard]] llvm::Error setOwnerAndXattrs(const FileHandle& file, const LayerEntry& entry, Xattrs how);
/// Not for symbolic links, whose mode means nothing.
[[nodiscard]] llvm::Error setMode(const FileHandle& file, uint32_t mode);
[[nodiscard]] llvm::Error setTime(const FileHandle& file, int64_t mtime);
/// Marks an open directory as opaque.
[[nodiscard]] llvm::Error markOpaque(int directory);

}  // namespace strata::layerfs
