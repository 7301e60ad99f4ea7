#include "runtime/spec/root_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>

namespace strata::runtime {

int openInRoot(int root, const char* path, int flags) {
  open_how how{};
  how.flags = uint64_t(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something on this machine was renamed or mounted during the walk, and the kernel cannot vouch for it.
  int fd;
  do fd = int(::syscall(SYS_openat2, root, path, &how, sizeof how));
  while (fd < 0 && (errno == EAGAIN || errno == EINTR));
  return fd;
}

}  // namespace strata::runtime
