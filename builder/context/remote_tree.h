#pragma once
/// \file The files of a source from outside, as a tree to select from.

#include "builder/context/source_tree.h"
#include "builder/sources/remote_sources.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>

namespace strata::builder {

struct RemoteTree {
  UniqueFd root;
  std::unique_ptr<SourceTree> files;  ///< all of it 0:0
  std::string all;                    ///< what to select to have everything: "." or the one file's name
};

/// Brings the files if they are not in the store yet. `indexDirectory` is where their stat index is kept. Faults: as
/// RemoteSources::fetch; NotFound or Invalid for a directory of a repository that is not there or is none.
llvm::Expected<RemoteTree> openRemoteTree(RemoteSources& sources, const RemoteReference& reference,
                                          const std::string& indexDirectory);

/// The time that a source gives to SOURCE_DATE_EPOCH, seconds since 1970: the committer's; Last-Modified, or without
/// one that of the newest file in the archive that the URL holds; nothing if it is none (SDE-3).
llvm::Expected<std::optional<int64_t>> sourceTime(RemoteSources& sources, const RemoteReference& reference);

}  // namespace strata::builder
