#pragma once
/// \file A stack of layers read as the one tree that overlayfs would show of them, without mounting: for what only
/// reads files. Tars are read through their indexes, so nothing is unpacked for it either.

#include "layerfs/layer_reader.h"

#include <llvm/ADT/STLFunctionalExtras.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::layerfs {

enum class FinalLink { Keep, Follow };

/// Immutable: any thread.
class LayerStack {
public:
  explicit LayerStack(std::vector<std::unique_ptr<LayerReader>> layers)
      : layers_(std::move(layers)) {}  ///< bottom first

  /// `content` gives the bytes of a File, `file` is open at their beginning where they are a file of their own, else
  /// -1; both valid during the call only.
  using Visitor = llvm::function_ref<llvm::Error(const LayerEntry& entry, ByteSource& content, int file)>;
  /// Every file at and below `path` in pathLess order, further names of one file as hard links; no removals. Nothing
  /// where nothing is; of a stack without layers nothing at all. Memory: the names of one directory on each level, and
  /// the hard links seen.
  [[nodiscard]] llvm::Error walk(Visitor visit, llvm::StringRef path = {}) const;

  /// What a process chrooted to the tree finds at `path`; the entry has the path without links. Links on the way are
  /// followed, one at the end if told to. Its content borrows the stack. Faults also: Invalid for links in a circle.
  llvm::Expected<std::optional<LayerReader::File>> find(llvm::StringRef path, FinalLink final) const;

private:
  struct Part {
    size_t layer = 0;
    LayerReader::Place place;
  };
  /// A file of the tree: what the topmost layer that has it says, and of a directory all that are merged, topmost
  /// first.
  struct Node {
    LayerReader::File file;
    size_t layer = 0;
    std::vector<Part> directories;
  };
  struct Child {
    std::string name;
    std::vector<Part> parts;  ///< of all merged directories, topmost first
  };
  class Walk;

  std::vector<Part> roots() const;
  llvm::Expected<std::optional<Node>> merge(std::vector<Part> parts) const;
  llvm::Expected<std::vector<Child>> list(const Node& directory) const;
  llvm::Expected<std::optional<Node>> findChild(const Node& directory, llvm::StringRef name) const;
  llvm::Expected<std::optional<Node>> findNode(llvm::StringRef path, FinalLink final) const;

  std::vector<std::unique_ptr<LayerReader>> layers_;
};

}  // namespace strata::layerfs
