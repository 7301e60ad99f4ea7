#pragma once
/// \file Where a build's files and its Dockerfile come from: a directory; standard input or a URL (a Dockerfile alone,
/// or a tar, compressed or not, with the Dockerfile inside); a git repository. Source: spec CTX, IGN-1.

#include "builder/context/source_tree.h"
#include "builder/frontend/source_text.h"
#include "builder/sources/remote_sources.h"
#include "support/bytes.h"
#include "support/files.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>

namespace strata::builder {

struct ContextRequest {
  std::string context;          ///< directory, "-", a git repository or a URL
  std::string dockerfile;       ///< -f; empty: Dockerfile (then dockerfile) in the context; "-": standard input; a URL
  ByteSource* input = nullptr;  ///< standard input
  std::string staging;          ///< a directory of ours on the store's disk, for a tar context
  std::string indexDirectory;   ///< where stat indexes are kept, one a context directory
  RemoteSources* remote = nullptr;
  bool keepGitDir = false;  ///< of a git context (BUILDKIT_CONTEXT_KEEP_GIT_DIR)
  bool commitTime = false;  ///< files of a git context get the commit's time
};

struct BuildContext {
  std::string identity;        ///< canonical path, "-", a repository or URL without password: for the journal
  std::string dockerfileName;  ///< as shown in messages
  std::shared_ptr<const SourceText> dockerfile;
  std::optional<TempDir> unpacked;  ///< of a context that came as a stream; goes with it
  UniqueFd root;                    ///< what `files` borrows
  std::unique_ptr<SourceTree> files;
  std::optional<RemoteReference> remote;  ///< what it came from, if that is outside
};

/// Faults: NotFound (`failed to read dockerfile`, the context); Invalid; what fetching a remote one faults.
llvm::Expected<BuildContext> openBuildContext(const ContextRequest& request);

/// A directory that is a named context, through its own .dockerignore (IGN-3).
struct DirectoryContext {
  UniqueFd root;
  std::unique_ptr<SourceTree> files;
};
llvm::Expected<DirectoryContext> openDirectoryContext(const std::string& path, const std::string& indexDirectory);

}  // namespace strata::builder
