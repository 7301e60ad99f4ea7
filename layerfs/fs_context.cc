#include "layerfs/fs_context.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace strata::layerfs {

namespace {
constexpr size_t kMaxParameter = 255;  // fsconfig takes no longer string
}

llvm::Expected<std::string> MountPaths::shorten(const std::string& path) {
  if (path.size() <= kMaxParameter && llvm::StringRef(path).find_first_of(":,\\\"") == llvm::StringRef::npos)
    return path;
  auto fd = openFile(path, O_PATH);
  if (!fd) return fd.takeError();
  std::string shorter = "/proc/self/fd/" + std::to_string(fd->get());
  held_.push_back(std::move(*fd));
  return shorter;
}

llvm::Error mountFault(const char* type, int number, const llvm::Twine& words) {
  std::string way;
  if (number == EPERM || number == EACCES)
    way = "; mounting needs root or a user namespace; or use --snapshotter native";
  if (number == ENODEV)
    way = std::string("; the kernel has no ") + type + ": modprobe " + type + ", or use --snapshotter native";
  FaultKind kind = FaultKind::Invalid;
  if (number == EPERM || number == EACCES) kind = FaultKind::Denied;
  if (number == ENODEV || number == ENOSYS) kind = FaultKind::Unsupported;
  if (number == ENOSPC || number == EMFILE || number == ENOMEM) kind = FaultKind::Io;
  return fault(kind, "mount " + llvm::Twine(type) + words + ": " + std::strerror(number) + way);
}

llvm::Expected<FsContext> FsContext::open(const char* type) {
  UniqueFd fd(::fsopen(type, FSOPEN_CLOEXEC));
  if (!fd) return mountFault(type, errno, "");
  return FsContext(type, std::move(fd));
}

llvm::Error FsContext::set(const char* key, const std::string& value) {
  if (::fsconfig(fd_.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0) return llvm::Error::success();
  return failure(errno, key + ("=" + value));
}

llvm::Error FsContext::setPath(const char* key, const std::string& path) {
  auto value = paths_.shorten(path);
  return value ? set(key, *value) : value.takeError();
}

llvm::Error FsContext::flag(const char* key) {
  if (::fsconfig(fd_.get(), FSCONFIG_SET_FLAG, key, nullptr, 0) == 0) return llvm::Error::success();
  return failure(errno, key);
}

llvm::Expected<UniqueFd> FsContext::mount(unsigned attributes) {
  if (::fsconfig(fd_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return failure(errno, "");
  UniqueFd mounted(::fsmount(fd_.get(), FSMOUNT_CLOEXEC, attributes));
  if (!mounted) return failure(errno, "");
  return mounted;
}

/// With what the kernel wrote about it into the context.
llvm::Error FsContext::failure(int number, const std::string& doing) {
  std::string words = doing.empty() ? "" : " (" + doing + ")";
  char line[512];
  for (ssize_t size; (size = ::read(fd_.get(), line, sizeof line)) > 0;) {
    llvm::StringRef text = llvm::StringRef(line, size_t(size)).rtrim();
    text.consume_front("e ");
    words += (": " + text).str();
  }
  return mountFault(type_, number, printable(words));
}

}  // namespace strata::layerfs
