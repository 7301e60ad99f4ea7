#pragma once
/// \file Unix sockets at paths of any length: an address has room for 108 bytes, so the directory is entered by its
/// descriptor (/proc/self/fd/N/name).

#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::runtime {

/// A stream socket that listens at `directory`/`name`, in place of one that is there; nobody waits for accept().
llvm::Expected<UniqueFd> listenAt(const std::string& directory, const std::string& name);
/// Faults: NotFound; Unavailable where nobody listens.
llvm::Expected<UniqueFd> connectTo(const std::string& directory, const std::string& name);

}  // namespace strata::runtime
