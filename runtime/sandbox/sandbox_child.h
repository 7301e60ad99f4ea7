#pragma once
/// \file The two halves of the sandbox: the parent writes a SandboxPlan with everything that needs memory, names or
/// lookups; the child carries it out between clone(2) and execve(2) with nothing but system calls, because it shares
/// the parent's memory (CLONE_VM | CLONE_VFORK: no page table is copied) while other threads of the parent run on.

#include "runtime/spec/container_spec.h"
#include "support/unique_fd.h"

#include <sys/types.h>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace strata::runtime {

/// One thing done below the new root, in order.
struct MountAction {
  enum class Kind {
    Tree,     ///< attach the detached mount `tree`, or what it has at the path `source`
    New,      ///< a new file system of type `source` with `options`
    Staged,   ///< bind the file `source` of the staging directory, with `attributes` set and `cleared` unset
    Symlink,  ///< make a symbolic link with the text `source`; one that is there stays
    Node,     ///< make the device node `mode`, `device`; one that is there stays
    Mask,     ///< hide: /dev/null over a file, an empty read-only directory over a directory; absent: nothing
    Protect,  ///< make read-only; absent: nothing
  };
  Kind kind = Kind::Tree;
  std::string target;
  bool isDirectory = true;  ///< what to make where the target is missing
  UniqueFd tree;
  std::string source;
  std::vector<std::pair<std::string, std::string>> options;
  uint64_t attributes = 0, cleared = 0;  ///< MOUNT_ATTR_*
  mode_t mode = 0;
  dev_t device = 0;
};

/// A file made in the staging directory, which is in memory.
struct StagedFile {
  std::string name, content;
  uint32_t mode = 0644, uid = 0, gid = 0;
};

struct DeviceNode {
  const char* name;
  unsigned major, minor;
};
/// null, zero, full, random, urandom, tty: character devices, mode 0666.
llvm::ArrayRef<DeviceNode> standardDevices();

/// What went wrong; read by the parent when the child has gone.
struct SandboxFailure {
  const char* step = nullptr;  ///< "mount"; nothing: no failure
  const char* detail = "";     ///< the path
  int error = 0;
  bool isProgram = false;         ///< execve failed on every candidate
  bool lacksInterpreter = false;  ///< ... the file is there, what it names as its interpreter is not
};

struct SandboxPlan {
  UniqueFd root;             ///< detached mount
  UniqueFd output, errors;   ///< the pipes' write ends
  UniqueFd self;             ///< pidfd of the parent
  bool borrowsProc = false;  ///< in a user namespace, where no other proc than the one that is there may be allowed
  int hostProc = -1;         ///< that one, opened by the child
  std::vector<StagedFile> files;
  std::vector<MountAction> actions;
  std::string hostname;
  bool hasOwnNetwork = false;
  std::string workingDir;
  llvm::ArrayRef<char> filter;  ///< struct sock_filter; empty: none
  uint64_t capabilities = 0;
  unsigned lastCapability = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  bool setsGroups = true;  ///< not where the user namespace is one user's own, who may not
  std::vector<Ulimit> ulimits;
  std::vector<UniqueFd> cgroups;      ///< cgroup.procs of each that is to be joined
  std::vector<std::string> programs;  ///< candidates for execve, first wins
  std::vector<char*> argv, env;       ///< null at the end
  SandboxFailure failure;
};

/// The child, as clone(2) wants it: given its SandboxPlan, never returns.
int runSandboxChild(void* sandboxPlan);

}  // namespace strata::runtime
