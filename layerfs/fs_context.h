#pragma once
/// \file A file system under configuration: fsopen(2), fsconfig(2), fsmount(2), with the kernel's own words in faults.

#include "support/unique_fd.h"

#include <llvm/ADT/Twine.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::layerfs {

/// Paths as the kernel can take them: one that is too long, or has a byte that mount options give a meaning, is named
/// by a descriptor, which stays open as long as this lives.
class MountPaths {
public:
  llvm::Expected<std::string> shorten(const std::string& path);

private:
  std::vector<UniqueFd> held_;
};

/// Faults: Denied; Unsupported if the kernel has no such file system; Io for want of memory or devices; else Invalid.
llvm::Error mountFault(const char* type, int number, const llvm::Twine& words);

class FsContext {
public:
  static llvm::Expected<FsContext> open(const char* type);
  [[nodiscard]] llvm::Error set(const char* key, const std::string& value);
  [[nodiscard]] llvm::Error setPath(const char* key, const std::string& path);
  [[nodiscard]] llvm::Error flag(const char* key);
  /// A detached mount: in no namespace, gone with its last descriptor.
  llvm::Expected<UniqueFd> mount(unsigned attributes);

private:
  FsContext(const char* type, UniqueFd fd) : type_(type), fd_(std::move(fd)) {}
  llvm::Error failure(int number, const std::string& doing);

  const char* type_;
  UniqueFd fd_;
  MountPaths paths_;
};

}  // namespace strata::layerfs
