#pragma once
/// \file Opening what a container names, never outside of its root.

namespace strata::runtime {

/// openat2(2) that takes `root` for "/" and follows no magic link. A descriptor, or -1 and errno.
int openInRoot(int root, const char* path, int flags);

}  // namespace strata::runtime
