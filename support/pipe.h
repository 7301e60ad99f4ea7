#pragma once
/// \file Two connected descriptors that close on exec.

#include "support/fault.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <fcntl.h>

namespace strata {

struct Pipe {
  UniqueFd read, write;

  static llvm::Expected<Pipe> make() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return errnoFault("make a pipe");
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  }
};

}  // namespace strata
