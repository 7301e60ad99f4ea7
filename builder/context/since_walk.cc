#include "builder/context/since_walk.h"

#include "builder/context/tree_walker.h"
#include "support/fault.h"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <vector>

namespace strata::builder {

SinceWalk sinceWalk(const struct stat& now, const SourceNode& node) {
  if (!S_ISREG(now.st_mode) || now.st_ino != node.inode) return SinceWalk::Changed;
  uint64_t size = uint64_t(now.st_size);
  if (size == node.entry.size && nanosecondsOf(now.st_mtim) == node.mtime) return SinceWalk::Same;
  return size > node.entry.size ? SinceWalk::Grown : SinceWalk::Changed;
}

llvm::Expected<bool> isAsSelected(int fd, const struct stat& now, const SourceNode& node) {
  SinceWalk since = sinceWalk(now, node);
  if (since != SinceWalk::Grown) return since == SinceWalk::Same;
  return beginsWith(fd, node.entry.size, node.entry.content);
}

llvm::Expected<bool> beginsWith(int fd, uint64_t length, const Digest& content) {
  std::vector<char> buffer(128 * 1024);
  Hasher hasher;
  for (uint64_t done = 0; done < length;) {
    size_t most = size_t(std::min<uint64_t>(buffer.size(), length - done));
    ssize_t got = ::pread(fd, buffer.data(), most, off_t(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errnoFault("read");
    if (got == 0) return false;
    hasher.update({buffer.data(), size_t(got)});
    done += uint64_t(got);
  }
  return hasher.finish() == content;
}

}  // namespace strata::builder
