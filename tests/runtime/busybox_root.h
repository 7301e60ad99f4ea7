#pragma once
/// \file A root file system of one program, Debian's static busybox, and snapshots of it.

#include "layerfs/snapshot.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <filesystem>

namespace strata::testing {

inline constexpr char kBusybox[] = "/bin/busybox";

/// Cuts this process off from what others mount meanwhile, so that a test can compare mount tables.
inline void leaveSharedMounts() {
  static bool done = ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  ASSERT_TRUE(done);
}

/// A directory as a snapshot: plain, as the native driver gives it, or as a detached mount, as overlay does.
class DirectorySnapshot : public layerfs::Snapshot {
public:
  enum class Form { Plain, Detached };
  DirectorySnapshot(const std::string& directory, Form form) : path_(directory), form_(form) {
    unsigned flags = form == Form::Detached ? OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC : OPEN_TREE_CLOEXEC;
    root_.reset(int(::syscall(SYS_open_tree, AT_FDCWD, directory.c_str(), flags)));
  }
  int rootFd() const override { return root_.get(); }
  bool isDetachedMount() const override { return form_ == Form::Detached; }
  llvm::Error attachAt(const std::string& directory) override {
    int tree = int(::syscall(SYS_open_tree, AT_FDCWD, path_.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (tree < 0) return errnoFault("open_tree");
    UniqueFd owned(tree);
    if (::syscall(SYS_move_mount, tree, "", AT_FDCWD, directory.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
      return errnoFault("move_mount");
    return llvm::Error::success();
  }
  llvm::Error collectChanges() override { return llvm::Error::success(); }

private:
  std::string path_;
  Form form_;
  UniqueFd root_;
};

/// bin/busybox with a link a program, etc/passwd and etc/group; none of the usual mount points.
class BusyboxRoot {
public:
  static bool isAvailable() { return pathExists(kBusybox) && ::geteuid() == 0; }

  BusyboxRoot() : directory_(makeTempDir()) {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    must(makeDirectories(path("bin")));
    must(makeDirectories(path("tmp")));
    std::filesystem::permissions(path("tmp"), std::filesystem::perms(01777));
    std::filesystem::copy_file(kBusybox, path("bin/busybox"));
    for (const char* name :
         {"sh",       "cat",   "ls",     "true", "false",    "echo",  "id",   "mount", "umount",   "unshare",
          "hostname", "dd",    "sleep",  "ps",   "grep",     "mknod", "stat", "pwd",   "kill",     "touch",
          "rm",       "mkdir", "chroot", "ip",   "ifconfig", "head",  "wc",   "env",   "readlink", "setsid",
          "seq",      "mv",    "chmod",  "test", "awk",      "tty",   "stty"})
      std::filesystem::create_symlink("busybox", path(std::string("bin/") + name));
    writeFile(path("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1001:Bob:/home/bob:/bin/sh\n");
    writeFile(path("etc/group"), "root:x:0:root\nwheel:x:10:root,bob\nbob:x:1001:\nstaff:x:50:bob\n");
  }
  /// What SnapshotSpec::withMountPoints gives.
  void makeMountPoints() const {
    for (const char* name : {"proc", "sys", "dev"}) must(makeDirectories(path(name)));
    for (const char* name : {"etc/hosts", "etc/resolv.conf", "etc/hostname"}) writeFile(path(name), "");
  }
  const std::string& path() const { return directory_.path(); }
  std::string path(llvm::StringRef below) const { return joinPath(directory_.path(), below); }
  std::unique_ptr<DirectorySnapshot> snapshot(DirectorySnapshot::Form form = DirectorySnapshot::Form::Detached) const {
    return std::make_unique<DirectorySnapshot>(path(), form);
  }

private:
  TempDir directory_;
};

}  // namespace strata::testing
