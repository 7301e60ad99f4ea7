#include "registry/settings/looked_at.h"

#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

#include <cstdlib>
#include <filesystem>

namespace strata::registry {

std::vector<std::string> filesIn(const std::string& directory, llvm::StringRef ending) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    if (std::string name = entry->path().filename().string(); llvm::StringRef(name).ends_with(ending))
      names.push_back(std::move(name));
  llvm::sort(names);
  return names;
}

std::string userContainersDirectory() {
  if (const char* directory = ::getenv("XDG_CONFIG_HOME"); directory && *directory)
    return joinPath(directory, "containers");
  const char* home = ::getenv("HOME");
  return home && *home ? joinPath(home, ".config/containers") : "";
}

}  // namespace strata::registry
