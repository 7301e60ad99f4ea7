#pragma once
/// \file The files of an image archive or a layout directory, read where they lie.

#include "support/bytes.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <string>

namespace strata::analyzer {

class ArchiveFiles {
public:
  virtual ~ArchiveFiles() = default;
  /// By the path in the archive; any number may be open at once. Faults: NotFound.
  virtual llvm::Expected<std::unique_ptr<ByteSource>> open(const std::string& path) const = 0;
  virtual llvm::Expected<uint64_t> sizeOf(const std::string& path) const = 0;
  virtual bool contains(const std::string& path) const = 0;

  /// A whole document of at most 16 MiB.
  llvm::Expected<std::string> document(const std::string& path) const;
};

/// A directory, or a tar, which may be compressed: then it is inflated into a file that has no name.
/// Faults: NotFound; Invalid for what is no archive.
llvm::Expected<std::unique_ptr<ArchiveFiles>> openArchiveFiles(const std::string& path);

}  // namespace strata::analyzer
