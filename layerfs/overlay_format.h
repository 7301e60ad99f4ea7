#pragma once
/// \file How overlayfs marks what is gone. A whiteout is a 0/0 character device, or an empty file with the xattr
/// overlay.whiteout; an opaque directory carries the xattr overlay.opaque = "y". The xattrs live in the namespace
/// "trusted." or, inside a user namespace (mount option userxattr), "user.".
/// Source: Linux Documentation/filesystems/overlayfs.rst.

#include <llvm/ADT/StringRef.h>

#include <sys/stat.h>

namespace strata::layerfs {

/// Whether this process must keep overlay's marks in "user.": only the initial user namespace's root writes "trusted.".
bool overlayMarksAreUserXattrs();
/// The name of the opaque mark that this process can set.
const char* opaqueXattrName();

bool isOpaqueXattr(llvm::StringRef name);
bool isWhiteoutXattr(llvm::StringRef name);
bool isWhiteoutDevice(const struct stat& status);

/// Whether an xattr is part of a layer. Overlay's own are not (one from a hostile tar could redirect a directory), nor
/// are the labels and signatures that a host's security modules put on every file they see.
bool xattrTravels(llvm::StringRef name);

}  // namespace strata::layerfs
