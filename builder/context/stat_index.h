#pragma once
/// \file What a context's files were like when they were last read, their digests, and which layer has their contents:
/// an unchanged tree is known without reading it, and copied without opening its files. One file a context directory,
/// replaced as a whole, read through mmap. Whatever is wrong with it, it is no error: files are read again.
///
/// Racy files (as git calls them): a file written within the clock tick in which it was read could be written once more
/// with the same size and times. So an entry is only kept if the file's mtime and ctime lie before the tick in which
/// the walk began; a younger file is read again next time.

#include "support/digest.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strata::builder {

/// All that a change of a file's content, mode or xattrs cannot leave as it was.
struct FileStamp {
  uint64_t size = 0;
  int64_t mtime = 0, ctime = 0;  ///< nanoseconds since 1970
  uint64_t inode = 0;
  uint32_t mode = 0;  ///< type and permissions
  bool operator==(const FileStamp&) const = default;
};

/// Where the tar of a layer has a file's content.
struct FilePlace {
  uint32_t layer = 0;   ///< number in a list of diffIDs, the first of which is none: nowhere
  uint64_t offset = 0;  ///< in bytes
};

struct IndexedFile {
  llvm::StringRef name;
  FileStamp stamp;
  Digest content;
  Digest xattrs;  ///< none: it has none
  FilePlace place = {};
};

/// An index file as it was found. Immutable; any thread.
class StatIndex {
public:
  /// Always succeeds: without a usable file the index is empty.
  static StatIndex load(const std::string& path);
  /// Whether load() would take it.
  static bool isWhole(const std::string& path) { return load(path).mapping_ != nullptr; }
  StatIndex();
  StatIndex(StatIndex&&) noexcept;
  StatIndex& operator=(StatIndex&&) noexcept;
  ~StatIndex();

  /// The files of one directory, sorted by name.
  class Directory {
  public:
    size_t size() const { return count_; }
    llvm::StringRef name(size_t i) const;
    FileStamp stamp(size_t i) const;
    Digest content(size_t i) const;
    Digest xattrs(size_t i) const;
    FilePlace place(size_t i) const;
    IndexedFile file(size_t i) const { return {name(i), stamp(i), content(i), xattrs(i), place(i)}; }
    /// The position of this name, looked for from `hint` on first; size() if there is none.
    size_t find(llvm::StringRef name, size_t hint = 0) const;

  private:
    friend class StatIndex;
    const StatIndex* index_ = nullptr;
    size_t first_ = 0, count_ = 0;
  };
  Directory directory(llvm::StringRef path) const;
  size_t files() const;
  std::vector<llvm::StringRef> directories() const;  ///< their paths, sorted
  /// The diffIDs that places name, the first of them none.
  std::vector<Digest> layers() const;

private:
  struct Mapping;
  std::unique_ptr<Mapping> mapping_;
};

/// An index file in the making: some hundred bytes of memory a file, of which a context may have a million.
class StatIndexWriter {
public:
  /// `layers`: the diffIDs that places name, the first of them none; those that no file names are left out. `files`:
  /// how many there will be at most.
  StatIndexWriter(std::vector<Digest> layers, size_t files);
  ~StatIndexWriter();

  /// Directories in the order of their paths, files in that of their names. A directory without files is left out.
  void add(llvm::StringRef directory, llvm::ArrayRef<IndexedFile> files);
  /// Replaces the file at `path`, whose directory is made if missing. Faults: Unsupported for paths of more than 4 GiB
  /// together; Io.
  [[nodiscard]] llvm::Error write(const std::string& path);

private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The present in the clock that the kernel stamps files with, nanoseconds since 1970.
int64_t fileClockNow();

}  // namespace strata::builder
