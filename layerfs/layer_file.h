#pragma once
/// \file One file of a directory in overlay upper format, as a layer has it: whiteouts and opaque marks recognised in
/// each of overlay's forms, overlay's own xattrs left out.

#include "layerfs/layer_entry.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <sys/stat.h>
#include <string>
#include <vector>

namespace strata::layerfs {

struct DirectoryName {
  std::string text;
  unsigned char type = 0;  ///< of readdir; DT_UNKNOWN where the file system does not say
};
/// Bytewise sorted, without "." and "..".
llvm::Expected<std::vector<DirectoryName>> namesIn(int directory);

struct LayerFile {
  LayerEntry entry;     ///< never a Hardlink or an Opaque
  bool opaque = false;  ///< of a directory
  struct stat status {};
  UniqueFd file = {};  ///< open for reading, of a File and a directory
};
llvm::Expected<LayerFile> readLayerRoot(const std::string& directory);
/// `name` is one of `directory`, or a path below it in which nothing but directories comes before the last name. `path`
/// is what the entry is to say.
llvm::Expected<LayerFile> readLayerFile(int directory, const DirectoryName& name, std::string path);

/// Makes the entry another name of the file at `firstName`.
void becomeHardlink(LayerEntry& entry, const std::string& firstName);

}  // namespace strata::layerfs
