#pragma once
/// \file One entry of a copy written into a layer's directory: content, owner, mode, xattrs, times.

#include "builder/copy/copy.h"
#include "builder/copy/copy_targets.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::builder {

struct OwnerAndMode {
  uint32_t uid = 0, gid = 0, mode = 0;
};
/// --chown and --chmod applied.
OwnerAndMode finalMetadata(const CopyRequest& request, const TreeEntry& entry);
/// Of directories that are made on the way (COPY-21): 0755 or the octal --chmod, 0:0 or --chown. The mode is not for
/// archives (ADD-4).
OwnerAndMode madeDirectory(const CopyRequest& request, const DestinationFacts& facts);

/// Gives an open file or directory its owner and mode. Faults: Denied naming `path`.
[[nodiscard]] llvm::Error setOwnerAndMode(int fd, const OwnerAndMode& wanted, const std::string& path);
void setTime(int fd, int64_t nanoseconds);

/// Where sources are opened: the directory of the last file is kept, since the next one is mostly beside it.
class SourceOpener {
public:
  /// The file at a path below `root`, if it is still the one that was selected, or has only grown since. Faults:
  /// NotFound; Invalid; Denied; Io.
  llvm::Expected<UniqueFd> open(int root, const std::string& path, const SourceNode& node);

private:
  int root_ = -1;
  std::string directory_;
  UniqueFd directoryFd_;
};

/// Writes entries of one target directory; one thread uses it.
class FileWriter {
public:
  FileWriter(const CopyRequest& request, const CancelToken& cancel) : request_(request), cancel_(cancel) {}

  /// Writes anything but a directory as `target.name` in `directory`, replacing a file that is there. `path` is for
  /// messages; `sourcePath` where the source tree has it. The number of bytes of content.
  llvm::Expected<uint64_t> write(int directory, const CopyTarget& target, const std::string& path,
                                 const std::string& sourcePath);

private:
  llvm::Expected<uint64_t> writeInline(int directory, const CopyTarget& target, const std::string& path);
  llvm::Expected<uint64_t> writeFile(int directory, const CopyTarget& target, const std::string& path,
                                     const std::string& sourcePath);
  llvm::Error writeSpecial(int directory, const CopyTarget& target, const std::string& path);
  llvm::Expected<UniqueFd> create(int directory, const CopyTarget& target, const std::string& path);
  llvm::Error copyContent(int from, int to, const SourceNode& node, const std::string& path);

  const CopyRequest& request_;
  const CancelToken& cancel_;
  SourceOpener opener_;
};

}  // namespace strata::builder
