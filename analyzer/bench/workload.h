#pragma once
/// \file The situations in which a build is measured.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::analyzer {

enum class Workload {
  Cold,        ///< nothing but the base images is there
  NoOp,        ///< built before, nothing has changed
  File,        ///< one file of the context has changed
  Dependency,  ///< the file that names the project's dependencies has changed
  BaseMoved,   ///< the names of the base images stand for newer images
  Fresh,       ///< another machine has built it and shares its cache
  Push,        ///< the image goes to a registry that has nothing of it
};

/// "cold", "no-op", "file", "dependency", "base-moved", "fresh", "push".
llvm::StringRef nameOf(Workload workload);
/// What it is, in a few words.
llvm::StringRef descriptionOf(Workload workload);
std::vector<Workload> allWorkloads();
/// Names, each alone or several with commas, in the order of allWorkloads(), each once; none: all. Faults: Invalid.
llvm::Expected<std::vector<Workload>> workloadsFrom(const std::vector<std::string>& texts);

}  // namespace strata::analyzer
