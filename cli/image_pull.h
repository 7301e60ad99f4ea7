#pragma once
/// \file Bringing an image that a command needs, with what docker says on the way.

#include "cli/session.h"
#include "layerfs/image_store.h"
#include "registry/reference.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/raw_ostream.h>

#include <string>

namespace strata::cli {

struct PullOptions {
  std::string platform;  ///< empty: this machine's
  bool quiet = false;
};

/// Pulls documents and all layers. What is said on the way goes to `out`.
llvm::Expected<layerfs::Image> pullImage(const registry::Reference& reference, const PullOptions& options,
                                         Session& session, llvm::raw_ostream& out);

}  // namespace strata::cli
