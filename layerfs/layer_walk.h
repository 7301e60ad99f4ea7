#pragma once
/// \file The walk below walkLayerDirectory, for those who also want the file behind an entry.

#include "layerfs/layer_entry.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <sys/stat.h>
#include <string>

namespace strata::layerfs {

/// `file` is open for reading for a File and -1 for the rest; all valid during the call only.
using FileVisitor = llvm::function_ref<llvm::Error(const LayerEntry& entry, const struct stat& status, int file)>;
/// What a further name of a file already seen is: a Hardlink, or a file like any other.
enum class FurtherNames { Hardlinks, Files };
/// See walkLayerDirectory.
[[nodiscard]] llvm::Error walkFiles(const std::string& directory, FurtherNames names, FileVisitor visit);

}  // namespace strata::layerfs
