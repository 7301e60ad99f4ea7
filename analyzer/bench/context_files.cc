#include "analyzer/bench/context_files.h"

#include "layerfs/plain_open.h"
#include "support/clean_path.h"
#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace strata::analyzer {

namespace {
bool isRegular(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}
}  // namespace

llvm::Expected<ContextFiles> ContextFiles::open(const std::string& directory) {
  auto opened = openFile(directory, O_PATH | O_DIRECTORY);
  if (!opened) return opened.takeError();
  return ContextFiles(directory, std::move(*opened));
}

bool ContextFiles::has(const std::string& path) const {
  UniqueFd file = layerfs::openWithoutLinks(directory_.get(), cleanPath(path), O_PATH);
  return file && isRegular(file.get());
}

llvm::Error ContextFiles::grow(const std::string& path) const {
  std::string full = joinPath(path_, path);
  UniqueFd file = layerfs::openWithoutLinks(directory_.get(), cleanPath(path), O_WRONLY | O_APPEND | O_NONBLOCK);
  if (!file) return errnoFault("open " + full);
  if (!isRegular(file.get())) return fault(FaultKind::Invalid, full + " is no regular file");
  ssize_t put = 0;
  while ((put = ::write(file.get(), "\n", 1)) < 0 && errno == EINTR) {
  }
  return put == 1 ? llvm::Error::success() : errnoFault("write to " + full);
}

}  // namespace strata::analyzer
