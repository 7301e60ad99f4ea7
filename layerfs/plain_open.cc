#include "layerfs/plain_open.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>

namespace strata::layerfs {

UniqueFd openWithoutLinks(int directory, const std::string& path, int flags) {
  open_how how{};
  how.flags = uint64_t(flags) | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  UniqueFd opened(int(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
  if (opened || errno != ENOSYS) return opened;
  return UniqueFd(::openat(directory, path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));  // Linux before 5.6
}

}  // namespace strata::layerfs
