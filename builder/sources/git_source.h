#pragma once
/// \file Files out of git repositories. A reference is resolved to a commit first, which is all that a cache key needs;
/// its files are fetched into a bare mirror in the store (`sources/git/`, one a repository, each under a lock) and
/// checked out once (`sources/trees/`), when something asks for them. Source: spec ADD-21, ADD-24 to ADD-30.

#include "builder/sources/git_program.h"
#include "builder/sources/git_reference.h"
#include "builder/sources/source_place.h"
#include "support/cancel.h"
#include "support/digest.h"

#include <llvm/Support/Error.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace strata::builder {

struct GitCommit {
  std::string id;       ///< 40 or 64 hex digits
  std::string refName;  ///< "refs/heads/main"; empty for a commit that was named itself
};

/// One build's view of git: the same reference is the same commit all the time. Any thread.
class GitSource {
public:
  GitSource(const SourcePlace& place, const CancelToken& cancel) : place_(place), cancel_(cancel) {}

  /// Which commit a reference means; asks the remote unless the reference says a whole commit. Faults: NotFound
  /// (`repository does not contain ref`); Invalid (`expected checksum to match`); Denied; Unavailable; Unsupported.
  llvm::Expected<GitCommit> resolve(const GitReference& reference);

  /// What the files are named by: the commit and what the reference says of how they are laid out.
  static Digest identityOf(const GitReference& reference, const GitCommit& commit);

  /// The directory of the store that has the commit's files. The reference's own directory in it is not gone into.
  /// Files are 0644 or 0755, directories 0755. Faults: as resolve().
  llvm::Expected<std::string> checkOut(const GitReference& reference, const GitCommit& commit);

  /// The committer's time, seconds since 1970.
  llvm::Expected<int64_t> commitTime(const GitReference& reference, const GitCommit& commit);

private:
  llvm::Expected<GitProgram> program();
  llvm::Expected<GitAccess> accessTo(const GitReference& reference);
  llvm::Expected<GitCommit> askRemote(const GitReference& reference);
  llvm::Expected<std::string> mirrorWith(const GitReference& reference, const GitCommit& commit);

  const SourcePlace& place_;
  const CancelToken& cancel_;
  std::mutex mutex_;
  std::map<std::string, GitCommit> resolved_;  ///< by remote and ref
};

}  // namespace strata::builder
