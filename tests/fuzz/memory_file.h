#pragma once
/// \file Bytes behind a file descriptor, for what reads files.

#include "support/bytes.h"
#include "support/unique_fd.h"

#include <sys/mman.h>
#include <cstdlib>

namespace strata::fuzz {

inline UniqueFd memoryFile(llvm::StringRef bytes) {
  UniqueFd file(::memfd_create("fuzz", MFD_CLOEXEC));
  if (!file || FdSink(file.get()).write(bytes)) std::abort();  // no memory: nothing that the input can help
  return file;
}

}  // namespace strata::fuzz
