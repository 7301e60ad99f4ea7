#include "layerfs/overlay_format.h"

#include "support/files.h"
#include "support/user_namespace.h"

#include <sys/sysmacros.h>

namespace strata::layerfs {

namespace {
/// The part after "trusted.overlay." or "user.overlay."; empty for another xattr.
llvm::StringRef overlayXattr(llvm::StringRef name) {
  if (name.consume_front("trusted.overlay.") || name.consume_front("user.overlay.")) return name;
  return {};
}
}  // namespace

bool overlayMarksAreUserXattrs() {
  static const bool answer = ::geteuid() != 0 || !inInitialUserNamespace();
  return answer;
}

const char* opaqueXattrName() { return overlayMarksAreUserXattrs() ? "user.overlay.opaque" : "trusted.overlay.opaque"; }

bool isOpaqueXattr(llvm::StringRef name) { return overlayXattr(name) == "opaque"; }
bool isWhiteoutXattr(llvm::StringRef name) { return overlayXattr(name) == "whiteout"; }
bool isWhiteoutDevice(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0); }

bool xattrTravels(llvm::StringRef name) {
  if (name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.")) return false;
  return name != "security.selinux" && name != "security.ima" && name != "security.evm";
}

}  // namespace strata::layerfs
