#pragma once
/// \file What a name in FROM, --from or a named context brings from outside the Dockerfile: images of the store or of
/// an OCI layout, and what http and git sources need to be reached.

#include "builder/build.h"
#include "builder/plan/make_plan.h"
#include "builder/sources/source_place.h"

namespace strata::builder {

/// Where images come from that the store has not got.
struct ImageOrigin {
  registry::Client* registry = nullptr;  ///< null: nowhere
  bool always = false;                   ///< --pull: the registry says what a name stands for, whatever the store has
};

/// Of a registry's image the documents alone are brought: its layers come when a step or an output reads them. A name
/// without a registry is looked up in the store as docker reads it, then as registries.conf does, and asked for where
/// that says.
/// "oci-layout://path[:tag][@digest]" is loaded into the store first (NCTX-8). Faults: NotFound; Invalid; those of
/// registry::pullDocuments.
llvm::Expected<ResolvedImage> resolveImage(llvm::StringRef written, const layerfs::Platform& platform,
                                           layerfs::Store& store, const ImageOrigin& origin);

/// Where this build's sources from outside are kept, and who we are there.
SourcePlace sourcePlace(const BuildRequest& request, layerfs::Store& store);

}  // namespace strata::builder
