#pragma once
/// \file The system calls that make a detached overlay mount. Layers hold plain overlay format: no redirects, no
/// metadata-only copies, no index, so that an upper directory alone is the whole truth about a layer.

#include "layerfs/layer_directory.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::layerfs {

struct OverlayMount {
  std::vector<LayerDirectory> lowers;  ///< top first; at least one, two without an upper; none twice
  std::string upper, work;             ///< empty: read-only
  bool isVolatile = true;              ///< no sync at all: what a crash leaves of the upper directory is thrown away
};

enum class OverlayApi {
  Best,          ///< what the kernel has: layers one by one, mounted tars detached (Linux 6.15), else as below
  Attached,      ///< the same with tars mounted in a namespace made for it (Linux 6.5)
  OptionString,  ///< mount(2): all paths in one page
};

/// The most lower directories that Linux stacks (OVL_MAX_STACK).
inline constexpr size_t kMaxLowers = 500;

/// A descriptor of the mount's root. The mount is in no namespace and goes with its last descriptor.
/// Faults: Unsupported for more layers than the kernel takes; Denied; Invalid with the kernel's words.
llvm::Expected<UniqueFd> mountOverlay(const OverlayMount& mount, OverlayApi api = OverlayApi::Best);

}  // namespace strata::layerfs
