#pragma once
/// \file Ordinary users: a user namespace in which they are root, with the users and groups that /etc/subuid and
/// /etc/subgid give them. Source: user_namespaces(7), subuid(5), newuidmap(1).

#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::runtime {

/// Which users there are in it.
enum class UserMapping {
  All,  ///< ours as root, and those of /etc/subuid and /etc/subgid
  Own,  ///< of users or groups ours alone, as root: files of images that belong to others cannot be made
};

struct IdRange {
  uint32_t first = 0, count = 0;
};
/// The ranges that a text of subuid(5) gives to a user, by name or number. Lines that are none are passed over, and
/// what overlaps with a line above: the kernel maps a number once.
std::vector<IdRange> subordinateIds(llvm::StringRef text, llvm::StringRef name, uint32_t id);

struct UserNamespace {
  UserMapping mapping;
  std::string trouble;  ///< why it has fewer users or groups than it was to have, for a warning; empty: it has them all
};

/// Makes this process, before it has threads, root of a user namespace: that of a container of the store at `root` that
/// runs, or a new one. Faults: Unsupported where the host does not let ordinary users make one, saying what would help.
llvm::Expected<UserNamespace> becomeRootOfUserNamespace(const std::string& root);

}  // namespace strata::runtime
