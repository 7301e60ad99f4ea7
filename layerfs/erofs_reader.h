#pragma once
/// \file A layer read from its index and its tar, without mounting: look-up, listing, contents, a walk over all. The
/// index (erofs_writer.h) is taken as possibly damaged. Memory: it is mapped; a walk holds the names of one directory
/// on each level, and the hard links seen.

#include "layerfs/erofs_image.h"
#include "layerfs/layer_tar.h"
#include "support/bytes.h"
#include "support/unique_fd.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::layerfs {

/// Immutable: any thread. Everything faults Corrupt, naming the place, where the index is damaged or is not that of
/// the tar.
class ErofsReader {
public:
  static llvm::Expected<ErofsReader> open(const std::string& index, const std::string& tar);
  static llvm::Expected<ErofsReader> open(std::unique_ptr<llvm::MemoryBuffer> index, UniqueFd tar);

  /// A file, whatever its names. Two names of one number are hard links.
  using Number = uint64_t;
  struct File {
    Number number = 0;
    uint32_t links = 1;   ///< names that it has
    bool opaque = false;  ///< of a directory: what layers below have in it is gone
    LayerEntry entry;     ///< `path` only where the file was asked for by path; never a Hardlink
  };
  Number root() const { return image_.root(); }
  llvm::Expected<File> load(Number number) const;

  struct Child {
    std::string name;
    Number number = 0;
  };
  /// In bytewise order.
  llvm::Expected<std::vector<Child>> list(Number directory) const;
  llvm::Expected<std::optional<Number>> findChild(Number directory, llvm::StringRef name) const;

  /// The file at a path as LayerEntry has them. No link is followed: below one nothing is found.
  llvm::Expected<std::optional<File>> find(llvm::StringRef path) const;
  /// What a process chrooted to this layer finds at `path`, all links followed; its entry has the path without links.
  /// Faults also: Invalid for links in a circle.
  llvm::Expected<std::optional<File>> resolve(llvm::StringRef path) const;

  /// The bytes of a File; borrows the reader.
  llvm::Expected<std::unique_ptr<ByteSource>> content(Number file) const;

  /// Every entry with its content, in pathLess order, the root first, further names of one file as hard links: the same
  /// that walkLayerDirectory gives for the layer unpacked.
  [[nodiscard]] llvm::Error walk(EntryVisitor visit) const;

private:
  ErofsReader(erofs::Image image, UniqueFd tar) : image_(std::move(image)), tar_(std::move(tar)) {}

  erofs::Image image_;
  UniqueFd tar_;
};

}  // namespace strata::layerfs
