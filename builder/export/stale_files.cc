#include "builder/export/stale_files.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <filesystem>

namespace strata::builder {

namespace {
namespace fs = std::filesystem;

llvm::Error removeBelow(const std::string& directory, const std::string& relative, const KeptPaths& kept) {
  std::error_code code;
  std::vector<fs::path> entries;
  for (fs::directory_iterator next(directory, code), end; !code && next != end; next.increment(code))
    entries.push_back(next->path());
  if (code) return fault(FaultKind::Io, "list " + printable(directory) + ": " + code.message());
  for (const fs::path& entry : entries) {
    std::string path = (relative.empty() ? "" : relative + "/") + entry.filename().string();
    if (!kept.count(path)) {
      if (auto error = removeTree(entry.string())) return error;
      continue;
    }
    bool isDirectory = fs::symlink_status(entry, code).type() == fs::file_type::directory;
    if (!isDirectory) continue;
    if (auto error = removeBelow(entry.string(), path, kept)) return error;
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Error removeStale(const std::string& directory, const KeptPaths& kept) {
  return removeBelow(directory, "", kept);
}

}  // namespace strata::builder
