#include "builder/remote/kept_blobs.h"

#include "support/files.h"

#include <llvm/Support/Error.h>

#include <fcntl.h>
#include <sys/stat.h>

namespace strata::builder {

KeptBlobs::KeptBlobs(const std::string& storeRoot) : directory_(joinPath(storeRoot, "cache/remote")) {}

std::optional<std::string> KeptBlobs::find(const Digest& digest) const {
  std::string path = joinPath(directory_, digest.hex());
  auto bytes = readFile(path, 256 << 20);
  if (!bytes) {
    llvm::consumeError(bytes.takeError());
    return std::nullopt;
  }
  if (digestOf(*bytes) == digest) {
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // used now: prune goes by that
    return std::move(*bytes);
  }
  unlinkPath(path);
  return std::nullopt;
}

void KeptBlobs::put(const Digest& digest, llvm::StringRef bytes) const {
  if (auto error = makeDirectories(directory_)) return llvm::consumeError(std::move(error));
  llvm::consumeError(writeFileAtomically(joinPath(directory_, digest.hex()), bytes));
}

}  // namespace strata::builder
