#include "support/directory_entries.h"

#include "support/fault.h"

#include <llvm/ADT/ScopeExit.h>
#include <llvm/ADT/StringRef.h>

#include <dirent.h>
#include <algorithm>
#include <cerrno>

namespace strata {

llvm::Expected<std::vector<std::string>> entriesOf(const std::string& directory) {
  std::vector<std::string> names;
  DIR* stream = ::opendir(directory.c_str());
  if (!stream && errno == ENOENT) return names;
  if (!stream) return errnoFault("list " + directory);
  auto close = llvm::make_scope_exit([&] { ::closedir(stream); });
  while (const dirent* entry = ::readdir(stream)) {
    llvm::StringRef name(entry->d_name);
    if (name != "." && name != "..") names.push_back(name.str());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace strata
