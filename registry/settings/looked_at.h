#pragma once
/// \file Settings come from many files; whoever reads them also keeps which ones were looked at, so that
/// `strata registry config` can tell.

#include <llvm/ADT/StringRef.h>

#include <string>
#include <vector>

namespace strata::registry {

inline constexpr size_t kLargestSettings = 4 << 20;  ///< bytes of a file of settings

struct LookedAt {
  std::string path;
  bool there = false;
};

/// A value and the file that says so.
struct Said {
  std::string value, file;
};

/// Names in a directory that end so, sorted; none where there is no such directory.
std::vector<std::string> filesIn(const std::string& directory, llvm::StringRef ending);
/// $XDG_CONFIG_HOME/containers, else ~/.config/containers; "" without a home.
std::string userContainersDirectory();

}  // namespace strata::registry
