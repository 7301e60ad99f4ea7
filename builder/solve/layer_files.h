#pragma once
/// \file The names in one layer, as little as a look-up of many paths needs: about 40 bytes a file and its path.

#include "layerfs/layer_store.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::builder {

/// Immutable once made.
class LayerFiles {
public:
  enum class Kind : uint8_t {
    File,  ///< a name of a regular file
    Directory,
    Opaque,   ///< what layers below have inside of this directory is gone; follows the Directory
    Removal,  ///< what layers below have at this path is gone
    Other,    ///< links, devices
  };
  struct Entry {
    size_t begin = 0;  ///< of its path
    uint32_t length = 0;
    Kind kind = Kind::File;
    uint64_t size = 0;  ///< bytes of a File; 0 for a further name of one
  };

  /// Faults: as Layer::walk.
  static llvm::Expected<LayerFiles> of(layerfs::Layer& layer);
  void add(llvm::StringRef path, Kind kind, uint64_t size = 0);

  /// Parents first, all that is in a directory next to each other.
  llvm::ArrayRef<Entry> entries() const { return entries_; }
  llvm::StringRef pathOf(const Entry& entry) const { return llvm::StringRef(paths_).substr(entry.begin, entry.length); }

private:
  std::string paths_;
  std::vector<Entry> entries_;
};

}  // namespace strata::builder
