#pragma once
/// \file The bytes of an EROFS index as erofs_writer.h makes them, taken as possibly damaged: nothing is used before it
/// is checked, and what does not hold is a Corrupt fault naming the place. Read by erofs_reader.h.

#include "layerfs/erofs_format.h"
#include "layerfs/layer_entry.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/ADT/Twine.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/MemoryBuffer.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace strata::layerfs::erofs {

inline bool isDots(llvm::StringRef name) { return name == "." || name == ".."; }

/// Any thread. Of an index that is mapped only what was looked at lately takes memory.
class Image {
public:
  /// `bytes` is the index, named for faults; it describes a tar of `tarSize` bytes.
  static llvm::Expected<Image> open(std::unique_ptr<llvm::MemoryBuffer> bytes, uint64_t tarSize);

  struct Node {
    uint64_t number = 0;  ///< its place in the index, in slots of 32 bytes
    EntryKind kind = EntryKind::File;
    Layout layout = Layout::Plain;
    const Inode* record = nullptr;  ///< within the index
    llvm::StringRef xattrs;         ///< as packXattrs makes them
    uint64_t tail = 0;              ///< offset of what follows
  };
  llvm::Expected<Node> node(uint64_t number) const;
  uint64_t root() const { return root_; }
  uint64_t nodeNumbers() const { return bytes_->getBufferSize() / kInodeSlot; }  ///< all numbers are below this
  uint64_t mostNames() const;  ///< more than these cannot be in an index of this size

  /// Names of a directory in order, "." and ".." among them. Each is one to 255 bytes without '/' and NUL, and greater
  /// than the one before.
  struct Name {
    llvm::StringRef text;
    uint64_t number = 0;
    uint8_t type = 0;
  };
  [[nodiscard]] llvm::Error names(const Node& directory, llvm::function_ref<llvm::Error(const Name&)> visit) const;
  /// By halving: reads a few blocks of a large directory.
  llvm::Expected<std::optional<Name>> find(const Node& directory, llvm::StringRef name) const;
  llvm::Expected<llvm::StringRef> linkTarget(const Node& link) const;

  /// A piece of a file in one of three places: in the index (`bytes`), in the tar (`inTar`), or zeros (neither).
  struct Piece {
    uint64_t size = 0;
    llvm::StringRef bytes;
    std::optional<uint64_t> inTar;
  };
  /// The longest piece that begins at `position` and has at most `limit` bytes, both within the file.
  llvm::Expected<Piece> pieceAt(const Node& file, uint64_t position, uint64_t limit) const;

  [[nodiscard]] llvm::Error corrupt(const llvm::Twine& what) const;

private:
  Image(std::unique_ptr<llvm::MemoryBuffer> bytes, uint64_t tarSize) : bytes_(std::move(bytes)), tarSize_(tarSize) {}
  llvm::Error checkHead();
  llvm::Expected<llvm::StringRef> range(uint64_t offset, uint64_t size, const llvm::Twine& what) const;
  llvm::Expected<llvm::StringRef> data(const Node& node) const;
  llvm::Expected<Piece> chunkAt(const Node& file, uint64_t position) const;
  llvm::Error corrupt(const Node& node, const llvm::Twine& what) const;
  void forgetPassed() const;

  std::unique_ptr<llvm::MemoryBuffer> bytes_;
  std::unique_ptr<std::atomic<uint32_t>> looks_ = std::make_unique<std::atomic<uint32_t>>(0);
  uint64_t tarSize_ = 0;
  uint64_t root_ = 0;
};

}  // namespace strata::layerfs::erofs
