#pragma once
/// \file One commit of a mirror written out as files.

#include "builder/sources/git_program.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::builder {

struct GitCheckout {
  std::string mirror;     ///< a bare repository that has the commit as refs/strata/<commit>
  std::string commit;     ///< its full id
  std::string remote;     ///< origin of a repository that is kept
  std::string directory;  ///< empty; becomes the tree
  std::string scratch;    ///< a directory of ours for an index
  bool keepGitDir = false;
  bool submodules = true;
  std::optional<int64_t> time;  ///< of all files, seconds since 1970; nothing: that of their writing
};

/// Writes the files. Submodules are fetched from where the repository says, with the same access. Faults: as
/// GitProgram::run.
[[nodiscard]] llvm::Error writeCheckout(const GitProgram& git, const GitAccess& access, const GitCheckout& checkout);

}  // namespace strata::builder
