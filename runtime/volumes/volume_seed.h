#pragma once
/// \file What an image has at a place where a new volume is mounted, copied into the volume.

#include "layerfs/layer_stack.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>

namespace strata::runtime {

/// The place without links that `target` is in the image, as a process in the container would come to it; nothing:
/// the image has nothing there. Faults: Invalid in docker's words where it has no directory there, and for links in a
/// circle.
llvm::Expected<std::optional<std::string>> seedOf(const layerfs::LayerStack& image, llvm::StringRef target);

/// Copies everything below `path`, a result of seedOf(), with names, modes, owners, times, links and xattrs; the
/// directory itself gets those that `path` has. Hard links stay joined; sparse files stay so. Nothing is written
/// outside of `directory`.
[[nodiscard]] llvm::Error seedVolume(const layerfs::LayerStack& image, llvm::StringRef path,
                                     const std::string& directory);

}  // namespace strata::runtime
