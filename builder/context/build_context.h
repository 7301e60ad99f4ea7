#pragma once
/// \file Where a build's files and its Dockerfile come from: a directory, or standard input (a Dockerfile alone, or a
/// tar, compressed or not, with the Dockerfile inside). Source: spec CTX, IGN-1. Later: git and http.

#include "builder/context/source_tree.h"
#include "builder/frontend/source_text.h"
#include "support/bytes.h"
#include "support/files.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>

namespace strata::builder {

struct ContextRequest {
  std::string context;          ///< directory, or "-"
  std::string dockerfile;       ///< -f; empty: Dockerfile (then dockerfile) in the context; "-": standard input
  ByteSource* input = nullptr;  ///< standard input
  std::string staging;          ///< a directory of ours on the store's disk, for a tar context
  std::string indexDirectory;   ///< where stat indexes are kept, one a context directory
};

struct BuildContext {
  std::string identity;        ///< canonical path, "-": for the journal
  std::string dockerfileName;  ///< as shown in messages
  std::shared_ptr<const SourceText> dockerfile;
  std::optional<TempDir> unpacked;  ///< of a context that came as a stream; goes with it
  UniqueFd root;                    ///< what `files` borrows
  std::unique_ptr<SourceTree> files;
};

/// Faults: NotFound (`failed to read dockerfile`, the context); Invalid; Unsupported for kinds of context that are not
/// there yet, naming them.
llvm::Expected<BuildContext> openBuildContext(const ContextRequest& request);

}  // namespace strata::builder
