#pragma once
/// \file All files of all layers of an image in one compact tree: for each path what every layer did to it, and what a
/// container sees in the end. About 110 bytes a file: nodes and changes are numbers in arrays, names are kept once.

#include "layerfs/layer_entry.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Allocator.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace strata::analyzer {

/// Grown one layer at a time, bottom first; afterwards immutable, for any thread.
class ImageTree {
public:
  using PathId = uint32_t;    ///< a parent's is smaller than its children's
  using ChangeId = uint32_t;  ///< in the order in which the layers brought them
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr PathId kRoot = 0;

  /// What a layer did to a path.
  enum class Action : uint8_t {
    Added,      ///< it was not there
    Modified,   ///< other content, or another kind of file
    Metadata,   ///< the same content again, with another mode, owner or time; of a directory another mode or owner
    Unchanged,  ///< a directory that came along with what is below it
    Removed,    ///< by a whiteout, an opaque directory, or something else in the place of a directory above
  };

  struct Change {
    uint64_t size = 0;  ///< of a File its bytes; of one that went, too; of a marked removal those of all files below it
    int64_t mtime = 0;  ///< nanoseconds since 1970
    PathId path = kNone;
    ChangeId before = kNone;  ///< of the same path, by this or a lower layer; a removal counts
    uint32_t layer = 0;       ///< from 0
    uint32_t uid = 0, gid = 0;
    uint32_t xattrs = 0;    ///< tells one set from another; 0: none
    uint32_t device = 0;    ///< of a device node; of a symbolic link tells one target from another
    PathId target = kNone;  ///< of a Hardlink: the first name
    uint16_t mode = 0;
    layerfs::EntryKind kind : 8;  ///< of a removal: Whiteout
    Action action : 7;
    /// Of a removal: a whiteout named this very path. Of a File: it has further names, hard links in the same layer.
    bool marked : 1;

    Change() : kind(layerfs::EntryKind::File), action(Action::Added), marked(false) {}
    bool isFile() const { return kind == layerfs::EntryKind::File; }
    bool isDirectory() const { return kind == layerfs::EntryKind::Directory; }
    bool isRemoval() const { return action == Action::Removed; }
  };

  ImageTree();
  ImageTree(ImageTree&&) = default;
  ImageTree& operator=(ImageTree&&) = default;

  /// What follows belongs to the next layer up.
  void beginLayer() { ++layers_; }
  /// In any order within the layer: removals concern the layers below alone, of several entries with one path the last
  /// wins. Links on the way are not followed. The change that it is; kNone where nothing changed (the root, a removal
  /// of nothing, an entry with ".." in its path). Source: OCI image-spec v1.1, layer.md.
  ChangeId add(const layerfs::LayerEntry& entry);
  /// Content was compared: a Modified file turns out to be the same again.
  void setAction(ChangeId change, Action action) { changes_[change].action = action; }

  uint32_t layerCount() const { return layers_; }
  size_t pathCount() const { return nodes_.size(); }
  size_t changeCount() const { return changes_.size(); }
  const Change& change(ChangeId id) const { return changes_[id]; }

  std::string pathOf(PathId path) const;  ///< "usr/bin/env"; of the root ""
  llvm::StringRef nameOf(PathId path) const { return nodes_[path].name ? nodes_[path].name->getKey() : ""; }
  PathId parentOf(PathId path) const { return nodes_[path].parent; }  ///< of the root kNone
  PathId firstChildOf(PathId path) const { return nodes_[path].firstChild; }
  PathId nextSiblingOf(PathId path) const { return nodes_[path].nextSibling; }  ///< in no particular order
  PathId child(PathId directory, llvm::StringRef name) const;                   ///< kNone: there was never one
  PathId find(llvm::StringRef path) const;

  ChangeId lastChange(PathId path) const { return nodes_[path].last; }  ///< kNone: a directory that no layer names
  /// The one that a container sees; kNone for what is gone, and for a directory that no layer names.
  ChangeId visibleChange(PathId path) const;
  bool isVisible(PathId path) const { return nodes_[path].present; }
  /// What the layer did to the path, the last if it did two things; kNone: nothing.
  ChangeId changeIn(PathId path, uint32_t layer) const;

  /// Bytes of files at and below each path, by PathId: as a container sees them, or what one layer brought.
  std::vector<uint64_t> visibleSizes() const;
  std::vector<uint64_t> layerSizes(uint32_t layer) const;

private:
  using Name = llvm::StringMapEntry<char>;
  struct Node {
    const Name* name = nullptr;
    PathId parent = kNone, firstChild = kNone, nextSibling = kNone;
    ChangeId last = kNone;
    bool present = false;
  };

  PathId obtain(llvm::StringRef path);
  PathId obtainDirectory(llvm::StringRef path);
  PathId obtainChild(PathId directory, llvm::StringRef name);
  void makePresent(PathId path);
  size_t slotOf(PathId directory, const Name* name) const;
  void growSlots();
  uint64_t takeOut(PathId path, bool named, uint64_t below);
  void removeTree(PathId top, bool withTop);
  Action actionOf(const Change& before, const Change& now) const;
  ChangeId put(const Change& change);
  ChangeId addRemoval(const layerfs::LayerEntry& entry);
  Change changeOf(const layerfs::LayerEntry& entry, PathId path);
  ChangeId changeBelow(PathId path) const;
  std::vector<uint64_t> summedUp(std::vector<uint64_t> own) const;

  std::unique_ptr<llvm::BumpPtrAllocator> texts_;
  std::unique_ptr<llvm::StringMap<char, llvm::BumpPtrAllocator&>> names_;
  std::deque<Node> nodes_;  ///< deques: an array that grows needs three times its room
  std::deque<Change> changes_;
  std::vector<PathId> slots_;  ///< hash of parent and name -> path
  uint32_t layers_ = 0;
  std::string lastDirectory_;  ///< the one that was found last: neighbours come together
  PathId lastDirectoryPath_ = kRoot;
};

/// What one layer did, in numbers.
struct LayerCounts {
  uint64_t files = 0, directories = 0, links = 0;  ///< entries; symbolic and hard links
  uint64_t fileBytes = 0;
  uint64_t added = 0, modified = 0, metadata = 0, removed = 0;  ///< paths, against the layers below
};
std::vector<LayerCounts> countsOf(const ImageTree& tree);

}  // namespace strata::analyzer
