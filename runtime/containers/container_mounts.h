#pragma once
/// \file The one place where it is decided what a new container has mounted: what was asked for, what other containers
/// have, and what its image declares as volumes.

#include "layerfs/image_store.h"
#include "runtime/containers/container_store.h"
#include "runtime/volumes/mount_request.h"

#include <llvm/Support/Error.h>

#include <vector>

namespace strata::runtime {

struct MountsWanted {
  std::vector<MountRequest> requests;
  std::vector<VolumesFrom> from;
};

struct DecidedMounts {
  std::vector<ContainerMount> mounts;
  std::vector<ContainerMount> made;  ///< those of them whose anonymous volumes are new
};

/// Makes the volumes that are not there, fills empty ones with what the image has at their place, and makes missing
/// sources of `-v`. A request comes before another container's mount at the same place, and that before the image's
/// VOLUME. What was made is the caller's to remove if no container comes of it. Faults: Invalid in docker's
/// words for a place asked for twice, a missing source of `--mount`, a volume where the image has a file; NotFound for
/// an unknown container; Unsupported; Io. Nothing anonymous is left then.
llvm::Expected<DecidedMounts> decideMounts(const MountsWanted& wanted, const layerfs::Image& image,
                                           ContainerStore& store);

}  // namespace strata::runtime
