#pragma once
/// \file What a name in FROM, --from or a named context brings from outside the Dockerfile: images of the store or of
/// an OCI layout, and what http and git sources need to be reached.

#include "builder/build.h"
#include "builder/plan/make_plan.h"
#include "builder/sources/source_place.h"

namespace strata::builder {

/// Images are looked up in the store alone: bringing them from a registry is pull's work.
/// "oci-layout://path[:tag][@digest]" is loaded into the store first (NCTX-8). Faults: NotFound; Invalid.
llvm::Expected<ResolvedImage> resolveImage(llvm::StringRef written, const layerfs::Platform& platform,
                                           layerfs::Store& store);

/// Where this build's sources from outside are kept, and who we are there.
SourcePlace sourcePlace(const BuildRequest& request, layerfs::Store& store);

}  // namespace strata::builder
