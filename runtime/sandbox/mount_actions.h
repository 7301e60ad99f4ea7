#pragma once
/// \file What a sandbox mounts, and in which order: docker's usual mounts, those that were asked for, and what hides
/// parts of /proc. The parent opens and clones what it can; the child attaches.

#include "runtime/sandbox/sandbox_child.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/etc_files.h"
#include "runtime/spec/mount_points.h"
#include "support/unique_fd.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <vector>

namespace strata::runtime {

/// In the order of their targets, so that what lies above is mounted first; then what hides and protects. Faults:
/// Invalid for a relative target; NotFound for a missing source; Io.
llvm::Expected<std::vector<MountAction>> actionsOf(const ContainerSpec& spec, llvm::ArrayRef<EtcFile> etcFiles);

/// The files that Staged actions name.
std::vector<StagedFile> stagedFiles(const ContainerSpec& spec, llvm::ArrayRef<EtcFile> etcFiles);

/// The targets that must be in the root itself: those below another mount are made there, by the child.
std::vector<MountPoint> mountPointsOf(llvm::ArrayRef<MountAction> actions);

/// open_tree(2) that clones; no descriptor and errno where that fails.
UniqueFd cloneTree(int directory, const char* path, unsigned flags);
/// Makes a mount private and gives it these attributes, with everything mounted below it.
bool setTreeAttributes(int tree, uint64_t attributes);

}  // namespace strata::runtime
