#pragma once
/// \file Where `strata bench` works: a directory that goes with it, or else with the next one.

#include "support/files.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::cli {

/// Beside the store at `root`, and so on its file system; where that is not there yet, as near as can be.
std::string placeBeside(const std::string& root);

/// Locked while it is used. What a killed benchmark of this user left below the same place is removed first.
class BenchDirectory {
public:
  /// `tell` hears of remains that cannot be removed. Faults: NotFound or Denied where `above` is no place for it; Io.
  static llvm::Expected<BenchDirectory> make(const std::string& above,
                                             llvm::function_ref<void(const std::string&)> tell);
  const std::string& path() const { return directory_.path(); }

private:
  BenchDirectory(FileLock lock, TempDir directory) : lock_(std::move(lock)), directory_(std::move(directory)) {}
  FileLock lock_;  ///< outlives what it guards
  TempDir directory_;
};

}  // namespace strata::cli
