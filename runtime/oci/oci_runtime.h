#pragma once
/// \file The OCI runtime programs that this host has (crun, runc or any other). oci_command.h calls them.

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

struct OciRuntime {
  std::string name;  ///< "crun"
  std::string path;
};
/// `wanted` (a name or a path), or the first of crun, runc that is installed and starts here.
/// Faults: NotFound saying which packages to install.
llvm::Expected<OciRuntime> findOciRuntime(llvm::StringRef wanted);
std::vector<OciRuntime> installedOciRuntimes();

/// Gives this process, before it has threads, a mount namespace of its own in which nothing propagates outwards.
[[nodiscard]] llvm::Error enterPrivateMounts();

}  // namespace strata::runtime
