#pragma once
/// \file Files as they are seen in a mounted tree, also while its processes go on changing it: what is to be copied.

#include "layerfs/layer_entry.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::runtime {

/// `file` is open for reading, at its beginning, for a File, and -1 for the rest; valid during the call only.
using FoundFile = llvm::function_ref<llvm::Error(layerfs::LayerEntry& entry, int file)>;

/// The file `name` of `directory`, called `as` in the entries, and everything below it, in pathLess order; further
/// names of one file are hard links. No link is ever followed. What goes meanwhile is passed over. File systems mounted
/// below it that hold no files of anybody's (proc, sysfs, devices and whatever else is in memory) are empty
/// directories. Faults: NotFound; Invalid for a tree deeper than a path can say; Io.
[[nodiscard]] llvm::Error walkFrom(int directory, const std::string& name, llvm::StringRef as, FoundFile visit);

}  // namespace strata::runtime
