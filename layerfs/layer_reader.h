#pragma once
/// \file One layer read file by file, without mounting, whatever its form: a tar through its index, or a directory in
/// overlay upper format. For stacks of them see layer_stack.h.

#include "layerfs/layer_entry.h"
#include "support/bytes.h"
#include "support/unique_fd.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strata::layerfs {

/// Immutable: any thread.
class LayerReader {
public:
  virtual ~LayerReader() = default;

  /// A file of the layer, as its form finds it again.
  struct Place {
    uint64_t number = 0;
    std::string path;
  };
  struct Child {
    std::string name;
    Place place;
  };
  struct File {
    LayerEntry entry;                        ///< without path; never a Hardlink or an Opaque
    bool opaque = false;                     ///< of a directory: what layers below have in it is gone
    uint64_t links = 1;                      ///< names that it has
    std::pair<uint64_t, uint64_t> identity;  ///< the same for all of them
    std::unique_ptr<ByteSource> content;     ///< of a File; borrows the reader and what follows
    std::unique_ptr<UniqueFd> file;          ///< the same, if it is one; null: it lies in a tar
  };
  virtual Place root() const = 0;
  virtual llvm::Expected<File> load(const Place& place) const = 0;
  /// In bytewise order.
  virtual llvm::Expected<std::vector<Child>> list(const Place& directory) const = 0;
  virtual llvm::Expected<std::optional<Place>> find(const Place& directory, llvm::StringRef name) const = 0;
};

/// Faults: Corrupt, as ErofsReader.
llvm::Expected<std::unique_ptr<LayerReader>> openTarReader(const std::string& index, const std::string& tar);
llvm::Expected<std::unique_ptr<LayerReader>> openDirectoryReader(const std::string& directory);

}  // namespace strata::layerfs
