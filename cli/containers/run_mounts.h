#pragma once
/// \file `-v`, `--mount` and `--tmpfs` of `run`, read as docker reads them.

#include "runtime/containers/container.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

struct MountTexts {
  std::vector<std::string> volumes;  ///< HOST:PATH[:ro|rw|...]; HOST relative ("./a", ".") to where we are
  std::vector<std::string> mounts;   ///< type=bind,source=...,target=...[,readonly]; type=tmpfs,target=...
  std::vector<std::string> tmpfs;    ///< PATH[:options]
};

/// A source of `-v` that is missing is made as a directory; one of `--mount` must be there. Faults: Invalid; NotFound;
/// Unsupported for volumes, which are not there yet.
llvm::Expected<std::vector<runtime::ContainerMount>> mountsFrom(const MountTexts& texts);

}  // namespace strata::cli
