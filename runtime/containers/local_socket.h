#pragma once
/// \file Unix sockets at paths of any length: an address has room for 108 bytes, so the directory is entered by its
/// descriptor (/proc/self/fd/N/name).

#include "support/unique_fd.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

/// A stream socket that listens at `directory`/`name`, in place of one that is there; nobody waits for accept().
llvm::Expected<UniqueFd> listenAt(const std::string& directory, const std::string& name);
/// Faults: NotFound; Unavailable where nobody listens.
llvm::Expected<UniqueFd> connectTo(const std::string& directory, const std::string& name);

inline constexpr size_t kMostDescriptors = 4;  ///< in one message
/// Copies of `descriptors`, at most kMostDescriptors, with a message that is nothing but their carrier. Faults: Io.
[[nodiscard]] llvm::Error sendDescriptors(int socket, llvm::ArrayRef<int> descriptors);
/// Waits for a message, whatever its text. Empty: it brings none, or the other side has gone without one.
std::vector<UniqueFd> receiveDescriptors(int socket);

}  // namespace strata::runtime
