#include "runtime/oci/sealed_program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <cerrno>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U  // Linux 6.3
#endif

namespace strata::runtime {

namespace {
constexpr unsigned kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

UniqueFd makeExecutableMemory() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = ::memfd_create("oci-runtime", kFlags | MFD_EXEC);
  if (fd < 0 && errno == EINVAL) fd = ::memfd_create("oci-runtime", kFlags);
  return UniqueFd(fd);
}

bool copyAll(int from, int to) {
  struct stat status;
  if (::fstat(from, &status) != 0) return false;
  for (off_t left = status.st_size; left > 0;) {
    ssize_t moved = ::sendfile(to, from, nullptr, size_t(left));
    if (moved < 0 && errno == EINTR) continue;
    if (moved <= 0) return false;
    left -= moved;
  }
  return true;
}
}  // namespace

UniqueFd sealedCopyOf(const std::string& program) {
  UniqueFd file(::open(program.c_str(), O_RDONLY | O_CLOEXEC)), copy = makeExecutableMemory();
  bool sealed = file && copy && copyAll(file.get(), copy.get()) && ::fcntl(copy.get(), F_ADD_SEALS, kSeals) == 0;
  return sealed ? std::move(copy) : UniqueFd();
}

}  // namespace strata::runtime
