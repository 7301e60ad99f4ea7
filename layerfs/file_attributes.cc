#include "layerfs/file_attributes.h"

#include "layerfs/overlay_format.h"
#include "support/fault.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <cerrno>

namespace strata::layerfs {

namespace {
/// xattr calls know no directory descriptors before Linux 6.13.
std::string pathOf(const FileHandle& file) {
  return "/proc/self/fd/" + std::to_string(file.directory) + "/" + file.name;
}

int setXattr(const FileHandle& file, const std::string& name, const std::string& value) {
  if (file.fd >= 0) return ::fsetxattr(file.fd, name.c_str(), value.data(), value.size(), 0);
  return ::lsetxattr(pathOf(file).c_str(), name.c_str(), value.data(), value.size(), 0);
}

/// What a file system cannot keep at all is left out, as docker does: the same image runs on every host. So are user.
/// attributes of links and devices, which Linux allows nobody to set.
bool mayBeLeftOut(const std::string& name, int number) {
  return number == EOPNOTSUPP || (number == EPERM && llvm::StringRef(name).starts_with("user."));
}

llvm::Error removeOtherXattrs(int fd, const LayerEntry& entry) {
  char names[4096];
  ssize_t size = ::flistxattr(fd, names, sizeof names);
  if (size < 0 && errno == EOPNOTSUPP) return llvm::Error::success();
  if (size < 0) return errnoFault("list extended attributes");
  llvm::SmallVector<llvm::StringRef, 8> list;
  llvm::StringRef(names, size_t(size)).split(list, '\0', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef listed : list) {
    std::string name = listed.str();
    if (!xattrTravels(name) || entry.xattrs.count(name) > 0) continue;
    if (::fremovexattr(fd, name.c_str()) != 0 && errno != ENODATA) return errnoFault("remove " + printable(name));
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Error ownerFault(uint32_t uid, uint32_t gid, int number) {
  std::string doing = "set owner " + std::to_string(uid) + ":" + std::to_string(gid);
  if (number != EINVAL) return errnoFault(doing, number);
  return fault(FaultKind::Denied, doing +
                                      ": this user namespace does not map it; give the user more ids in /etc/subuid "
                                      "and /etc/subgid");
}

llvm::Error setOwnerAndXattrs(const FileHandle& file, const LayerEntry& entry, Xattrs how) {
  int result = file.fd >= 0 ? ::fchown(file.fd, entry.uid, entry.gid)
                            : ::fchownat(file.directory, file.name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW);
  if (result != 0) return ownerFault(entry.uid, entry.gid, errno);
  if (how == Xattrs::Replace && file.fd >= 0)
    if (auto error = removeOtherXattrs(file.fd, entry)) return error;
  for (const auto& [name, value] : entry.xattrs) {
    if (!xattrTravels(name)) continue;
    if (setXattr(file, name, value) != 0 && !mayBeLeftOut(name, errno))
      return errnoFault("set extended attribute " + printable(name));
  }
  return llvm::Error::success();
}

llvm::Error setMode(const FileHandle& file, uint32_t mode) {
  int result =
      file.fd >= 0 ? ::fchmod(file.fd, mode) : ::fchmodat(file.directory, file.name.c_str(), mode, AT_SYMLINK_NOFOLLOW);
  return result == 0 ? llvm::Error::success() : errnoFault("set mode");
}

llvm::Error setTime(const FileHandle& file, int64_t mtime) {
  constexpr int64_t second = 1'000'000'000;
  int64_t fraction = (mtime % second + second) % second;
  timespec time{time_t((mtime - fraction) / second), long(fraction)};
  timespec times[2] = {time, time};
  int result = file.fd >= 0 ? ::futimens(file.fd, times)
                            : ::utimensat(file.directory, file.name.c_str(), times, AT_SYMLINK_NOFOLLOW);
  return result == 0 ? llvm::Error::success() : errnoFault("set time");
}

llvm::Error markOpaque(int directory) {
  if (::fsetxattr(directory, opaqueXattrName(), "y", 1, 0) == 0) return llvm::Error::success();
  return errnoFault(llvm::Twine("set ") + opaqueXattrName());
}

}  // namespace strata::layerfs
