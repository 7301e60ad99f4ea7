#include "layerfs/host_note.h"

#include "support/fault.h"
#include "support/files.h"

#include <llvm/Support/FormatVariadic.h>

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace strata::layerfs {

llvm::ArrayRef<llvm::StringRef> HostNote::names() {
  static constexpr llvm::StringRef kNames[] = {"overlay-works", "tar-form"};
  return kNames;
}

HostNote::HostNote(std::string staging, const std::string& lasting, llvm::StringRef name)
    : staging_(std::move(staging)), path_(joinPath(lasting, name)) {}

/// What a probe's answer depends on, short of the file system's options.
std::string HostNote::host() const {
  utsname kernel = {};
  struct stat status = {};
  ::uname(&kernel);
  ::stat(staging_.c_str(), &status);
  return llvm::formatv("Linux {0} device {1} user {2}: ", kernel.release, uint64_t(status.st_dev), ::geteuid());
}

std::optional<std::string> HostNote::read() const {
  auto text = readFile(path_, 4096);
  if (!text) {
    llvm::consumeError(text.takeError());
    return std::nullopt;
  }
  llvm::StringRef answer = *text;
  if (!answer.consume_front(host())) return std::nullopt;
  return answer.str();
}

llvm::Error HostNote::write(llvm::StringRef answer) const {
  auto directory = TempDir::make(staging_, "note-");
  if (!directory) return directory.takeError();
  std::string staged = joinPath(directory->path(), "note");
  if (auto error = writeFileAtomically(staged, host() + answer.str())) return error;
  return renamePath(staged, path_) == 0 ? llvm::Error::success() : errnoFault("rename to " + path_);
}

}  // namespace strata::layerfs
