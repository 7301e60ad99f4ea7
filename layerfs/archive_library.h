#pragma once
/// \file The door to libarchive, which is loaded at first use: a command that reads no archive does not pay the
/// millisecond that loading takes. Only archive_library.cc includes its headers.

#include "layerfs/layer_entry.h"
#include "support/bytes.h"

#include <llvm/Support/Error.h>

#include <memory>

namespace strata::layerfs {

/// One pass over an archive. As a ByteSource it reads the content of the entry that next() went to.
class ArchiveReader : public ByteSource {
public:
  enum class Format {
    Tar,         ///< an uncompressed tar, in any dialect
    Compressed,  ///< one entry: the bytes of the source without their compression, any but gzip and zstd, if they have
                 ///< one
  };
  /// Borrows `source`. Faults: Unsupported if libarchive is not installed; Invalid for what is no archive.
  static llvm::Expected<std::unique_ptr<ArchiveReader>> open(ByteSource& source, Format format);
  ~ArchiveReader() override;

  /// Goes to the next entry, path and link target as the archive has them, all xattrs; false at the end.
  /// Faults: Invalid; whatever `source` faults.
  llvm::Expected<bool> next(LayerEntry& entry);
  /// Where the bytes of the File that next() went to lie; to be asked before any of them is read. Where they turn out
  /// not to end there, the following next() faults Invalid.
  TarPlace place() const;
  llvm::Expected<size_t> read(char* buffer, size_t size) override;

private:
  struct Handle;
  explicit ArchiveReader(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace strata::layerfs
