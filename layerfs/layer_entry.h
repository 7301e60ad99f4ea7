#pragma once
/// \file One entry of a layer, whatever form the layer has: a file, or the removal of one from the layers below.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace strata::layerfs {

enum class EntryKind {
  Directory,
  File,
  Symlink,
  Hardlink,  ///< linkTarget: the path, within this layer, of the first name of the same file
  CharacterDevice,
  BlockDevice,
  Fifo,
  Socket,    ///< layers do not carry these: skipped by the tar writer
  Whiteout,  ///< `path` of the layers below is gone
  Opaque,    ///< what the layers below have inside the directory `path` is gone; follows the Directory entry
};

struct LayerEntry {
  std::string path;  ///< relative, no leading or trailing '/', no '.' or '..'; "" is the root directory
  EntryKind kind = EntryKind::File;
  uint32_t mode = 0;  ///< permission bits with setuid, setgid, sticky
  uint32_t uid = 0, gid = 0;
  uint64_t size = 0;  ///< bytes, of a File
  int64_t mtime = 0;  ///< nanoseconds since 1970
  std::string linkTarget;
  uint32_t deviceMajor = 0, deviceMinor = 0;
  std::map<std::string, std::string> xattrs;  ///< without overlay's own
};

/// Bytes of a file as the tar has them. A sparse file has several, in order; what lies between them is zeros.
struct TarExtent {
  uint64_t logical = 0;  ///< offset in the file
  uint64_t size = 0;
  uint64_t data = 0;  ///< offset in the tar
};

/// Where in its tar a File's bytes lie.
struct TarPlace {
  uint64_t data = 0;               ///< offset in the tar
  std::vector<TarExtent> extents;  ///< of a sparse file; empty: one piece at `data`
};

/// Order of entries in a layer: parents first, siblings bytewise; '/' sorts before every other byte.
bool pathLess(const std::string& a, const std::string& b);

}  // namespace strata::layerfs
