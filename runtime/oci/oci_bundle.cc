#include "runtime/oci/oci_bundle.h"

#include "runtime/spec/etc_files.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace strata::runtime {

llvm::Expected<OciBundle> OciBundle::make(const std::string& path, const ContainerSpec& spec,
                                          layerfs::Snapshot& snapshot, bool withCgroup) {
  if (::mkdir(path.c_str(), 0700) != 0) return errnoFault("make the bundle " + path);
  OciBundle bundle(path);
  if (auto error = bundle.fill(spec, snapshot, withCgroup)) return error;
  return bundle;
}

llvm::Error OciBundle::fill(ContainerSpec spec, layerfs::Snapshot& snapshot, bool withCgroup) {
  std::string root = path_ + "/rootfs";
  for (const std::string& directory : {root, path_ + "/etc"})
    if (auto error = makeDirectories(directory)) return error;
  if (auto error = snapshot.attachAt(root)) return error;
  mount_attr attributes{};
  attributes.attr_set = withCgroup || spec.privileged ? 0 : MOUNT_ATTR_NODEV;
  attributes.propagation = MS_PRIVATE;
  if (::syscall(SYS_mount_setattr, AT_FDCWD, root.c_str(), 0, &attributes, sizeof attributes) != 0)
    return errnoFault("set the attributes of " + root);
  for (const EtcFile& file : etcFilesOf(spec)) {
    std::string target = "/etc/" + file.name, source = path_ + target;
    if (auto error = writeFileAtomically(source, file.text)) return error;
    if (llvm::none_of(spec.mounts, [&](const MountSpec& mount) { return mount.target == target; }))
      spec.mounts.push_back({MountSpec::Kind::Bind, source, -1, target, false, ""});
  }
  llvm::json::Value config = ociConfig(spec, root, withCgroup);
  return writeFileAtomically(path_ + "/config.json", printJson(config), 0600);
}

OciBundle::OciBundle(OciBundle&& other) noexcept : path_(std::exchange(other.path_, {})) {}

OciBundle::~OciBundle() {
  if (!path_.empty()) llvm::consumeError(remove(path_));
}

namespace {
/// Removed only where nothing is mounted any more: never the image's own files.
llvm::Error removeRoot(const std::string& bundle) {
  std::string root = bundle + "/rootfs";
  while (::umount2(root.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
  }
  return ::rmdir(root.c_str()) != 0 && errno != ENOENT ? errnoFault("remove " + root) : llvm::Error::success();
}
}  // namespace

llvm::Error OciBundle::remove(const std::string& path) {
  if (auto error = removeRoot(path)) return error;
  return removeTree(path);
}

void OciBundle::leaveFiles() {
  if (auto error = removeRoot(path_)) return llvm::consumeError(std::move(error));  // the destructor tries once more
  path_.clear();
}

}  // namespace strata::runtime
