#include "builder/context/xattrs.h"

#include <llvm/ADT/SmallVector.h>

#include <sys/xattr.h>

namespace strata::builder {

bool xattrTravels(llvm::StringRef name) {
  if (name.starts_with("security.")) return name == "security.capability";
  return !name.starts_with("system.") && !name.starts_with("trusted.overlay.") && !name.starts_with("user.overlay.");
}

Xattrs readXattrs(int fd) {
  Xattrs out;
  char names[1024];
  llvm::SmallVector<char, 0> more;
  ssize_t size = ::flistxattr(fd, names, sizeof names);
  llvm::StringRef list(names, size > 0 ? size_t(size) : 0);
  if (size < 0 && errno == ERANGE) {
    more.resize(65536);  // the kernel's limit
    size = ::flistxattr(fd, more.data(), more.size());
    list = {more.data(), size > 0 ? size_t(size) : 0};
  }
  while (!list.empty()) {
    auto [name, rest] = list.split('\0');
    list = rest;
    if (!xattrTravels(name)) continue;
    std::string value(256, '\0');
    ssize_t length = ::fgetxattr(fd, name.data(), value.data(), value.size());
    if (length < 0 && errno == ERANGE) {
      value.resize(65536);
      length = ::fgetxattr(fd, name.data(), value.data(), value.size());
    }
    if (length < 0) continue;
    value.resize(size_t(length));
    out[name.str()] = std::move(value);
  }
  return out;
}

Digest xattrsDigest(const Xattrs& xattrs) {
  if (xattrs.empty()) return Digest();
  Hasher hasher;
  hasher.field("strata-xattrs-1").number(xattrs.size());
  for (const auto& [name, value] : xattrs) hasher.field(name).field(value);
  return hasher.finish();
}

void writeXattrs(int fd, const Xattrs& xattrs) {
  for (const auto& [name, value] : xattrs)
    [[maybe_unused]] int ignored = ::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0);
}

}  // namespace strata::builder
