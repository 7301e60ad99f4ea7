#pragma once
/// \file Agents and keys that the command line offers (`--ssh`). Source: spec CLI-5, MNT-33, MNT-34.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::builder {

constexpr size_t kLargestSshKey = 1 << 20;  ///< bytes of a file; a larger one is none

/// A running agent's socket, or key files for an agent of our own.
struct SshSource {
  std::string id;
  std::string socket;             ///< empty: the keys
  std::vector<std::string> keys;  ///< paths
};

/// "default", "id", "id=SOCKET", "id=KEY,KEY". Without a value: $SSH_AUTH_SOCK. Faults: Invalid, also for a key that
/// has a passphrase; NotFound; Denied.
llvm::Expected<SshSource> parseSsh(llvm::StringRef option);

}  // namespace strata::builder
