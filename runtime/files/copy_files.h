#pragma once
/// \file `cp` between the host and a container, by docker's rules about what is there already and about final slashes.
/// Nothing that a container's processes do meanwhile leads a path out of its root. Source: docker's documentation,
/// "docker container cp".

#include "support/bytes.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>

namespace strata::runtime {

/// One end of a copy.
struct CopyEnd {
  int root = -1;      ///< of a container: ContainerRoot::fd(); kHostRoot: the host's
  std::string path;   ///< as it was typed
  std::string shown;  ///< in messages: "web:/srv"
};

struct CopyOptions {
  bool archive = false;       ///< owners, all mode bits and extended attributes go along, and devices
  bool followLink = false;    ///< a source that is a link counts as what it leads to
  uint32_t uid = 0, gid = 0;  ///< without `archive`: who owns what is made
};

/// Bytes of the files that were copied. Faults: NotFound for a missing source or a missing directory above the target;
/// Invalid for a directory over a file, or the other way, and for a file to "missing/"; Denied; Io.
llvm::Expected<uint64_t> copyFiles(const CopyEnd& from, const CopyEnd& to, const CopyOptions& options);

/// The source as a tar, whose entries begin with its last name, with their owners. Faults: as copyFiles(); Invalid for
/// a file named ".wh.*", which would be a removal in a layer.
[[nodiscard]] llvm::Error copyToTar(const CopyEnd& from, const CopyOptions& options, ByteSink& tar);
/// What a tar, compressed or not, holds into a directory, but entries named ".wh.*"; the bytes of its files. Faults:
/// Invalid for what is no tar or leaves its root, or if the target is no directory; as copyFiles().
llvm::Expected<uint64_t> copyFromTar(ByteSource& tar, const CopyEnd& to, const CopyOptions& options);

}  // namespace strata::runtime
