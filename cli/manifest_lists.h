#pragma once
/// \file What the `manifest` commands share.

#include "cli/session.h"
#include "registry/manifest_list.h"
#include "support/files.h"

namespace strata::cli {

/// The lists of this machine's store.
inline registry::ManifestLists manifestLists(Session& session) {
  return registry::ManifestLists(joinPath(session.root(), "manifest-lists"));
}

}  // namespace strata::cli
