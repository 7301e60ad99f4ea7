#pragma once
/// \file What became of the files of an image in another: as a container sees them. Times do not count.

#include "analyzer/diff/image_pair.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// Small: there may be as many as there are files.
struct FileChange {
  enum class Kind : uint8_t {
    Added,
    Removed,
    Modified,  ///< other content, or another kind of file; perhaps with other mode and owner
    Metadata,  ///< mode, owner or extended attributes alone
    Moved,     ///< the same content under another path; perhaps with other mode and owner
  };
  static constexpr size_t kKinds = 5;
  Kind kind = Kind::Added;
  ImageTree::ChangeId before = ImageTree::kNone, after = ImageTree::kNone;  ///< kNone: there is none
};
llvm::StringRef nameOf(FileChange::Kind kind);  ///< "added", "metadata"

struct FileDiff {
  /// The largest first, by the larger of before and after; then by kind. Directories that have something in them are
  /// not named where they come or go.
  std::vector<FileChange> changes;
  struct Count {
    uint64_t files = 0;
    uint64_t bytesBefore = 0, bytesAfter = 0;
  };
  std::array<Count, FileChange::kKinds> counts{};  ///< by kind
  uint64_t filesBefore = 0, filesAfter = 0;        ///< regular files of the whole images
  uint64_t bytesBefore = 0, bytesAfter = 0;        ///< what is in them
  const Count& count(FileChange::Kind kind) const { return counts[size_t(kind)]; }
};

/// Contents are read only of pairs with one size: a path's two files, and what came and went.
llvm::Expected<FileDiff> diffFiles(const ImagePair& pair);

/// One side of a change, spelled out.
struct FileState {
  std::string path;  ///< without leading slash
  layerfs::EntryKind kind = layerfs::EntryKind::File;
  uint64_t size = 0;  ///< bytes; of a hard link those of its file
  uint16_t mode = 0;
  uint32_t uid = 0, gid = 0;
  std::string target;  ///< of a symbolic link
  uint32_t layer = 0;  ///< from 0
};
FileState stateOf(const ReadSide& side, ImageTree::ChangeId change);
uint64_t sizeOf(const ReadSide& side, ImageTree::ChangeId change);  ///< FileState::size
/// What differs but content and path.
struct MetadataDifference {
  bool kind = false, mode = false, owner = false, xattrs = false;
  explicit operator bool() const { return kind || mode || owner || xattrs; }
};
/// Of a change with both sides.
MetadataDifference metadataOf(const ImagePair& pair, const FileChange& change);

}  // namespace strata::analyzer
