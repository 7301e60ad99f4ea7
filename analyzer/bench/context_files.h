#pragma once
/// \file Files of a directory that is built, by their paths in it, which lead nowhere else.

#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::analyzer {

/// Paths are read as a build reads them: ".." stops at the directory. No symbolic link is followed, at whatever place
/// of the path: where it led on the host it need not lead in the build.
class ContextFiles {
public:
  /// Faults: NotFound; Denied; Io.
  static llvm::Expected<ContextFiles> open(const std::string& directory);

  /// Whether it is a regular file.
  bool has(const std::string& path) const;
  /// Gives it another content that means the same to nearly every reader: an empty line at its end. Faults:
  /// NotFound; Denied; Invalid or Io where it is no regular file.
  [[nodiscard]] llvm::Error grow(const std::string& path) const;

private:
  ContextFiles(std::string path, UniqueFd directory) : path_(std::move(path)), directory_(std::move(directory)) {}
  std::string path_;
  UniqueFd directory_;
};

}  // namespace strata::analyzer
