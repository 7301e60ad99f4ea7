#pragma once
/// \file A layer seen as a directory in overlay upper format, for the stacks that snapshots are.

#include "layerfs/erofs_mount.h"
#include "support/unique_fd.h"

#include <memory>
#include <optional>
#include <string>

namespace strata::layerfs {

struct LayerDirectory {
  std::string path;             ///< of a mounted tar "/proc/self/fd/N"
  std::optional<TarImage> tar;  ///< what is mounted there, for kernels that must mount it once more
  TarForm form = TarForm::Unpacked;
  std::shared_ptr<const UniqueFd> mount;  ///< the path is valid as long as this lives
};

}  // namespace strata::layerfs
