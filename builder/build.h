#pragma once
/// \file One build from request to image: the whole of builder/ behind one function.
///
///     openBuildContext -> readDockerfile -> makePlan -> Solver::run -> exportResults -> Journal::write

#include "builder/context/named_contexts.h"
#include "builder/export/output_spec.h"
#include "builder/frontend/source_text.h"
#include "builder/journal/journal.h"
#include "builder/plan/plan.h"
#include "builder/remote/cache_session.h"
#include "builder/settings/run_settings.h"
#include "builder/settings/secrets.h"
#include "layerfs/store.h"
#include "registry/client.h"
#include "support/bytes.h"
#include "support/cancel.h"
#include "support/progress.h"

#include <llvm/Support/Error.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::builder {

struct BuildRequest {
  std::string context;          ///< directory, "-", git repository or URL
  std::string dockerfile;       ///< -f, may be empty
  ByteSource* input = nullptr;  ///< standard input, for "-"
  std::string target;
  std::vector<layerfs::Platform> platforms;  ///< --platform, in order; none: the machine's own
  std::vector<OutputSpec> outputs;           ///< what is made of the result; none: an image of the store
  bool squash = false;                       ///< everything since the base in one layer
  ByteSink* output = nullptr;                ///< standard output, for outputs that go to "-"
  std::vector<std::string> tags;             ///< canonical references, for the journal: outputs have their own
  std::map<std::string, std::string> buildArgs;
  std::vector<std::pair<std::string, std::string>> labels;
  CacheSettings caches;  ///< --cache-from, --cache-to
  bool noCache = false;
  std::vector<std::string> noCacheStages;  ///< --no-cache-filter: names of stages, in any case
  bool traceReads = false;                 ///< write down which files RUN steps open
  bool pull = false;                       ///< ask registries for base images that the store has
  std::string network = "default";         ///< default, none, host
  std::vector<std::string> extraHosts;     ///< "name:ip"
  Secrets secrets;                         ///< --secret
  NamedContexts contexts;                  ///< --build-context
  RunSettings run;
  std::set<std::string> entitlements;    ///< --allow
  unsigned blockingLimit = 0;            ///< RUN steps at once; 0: as many as sensible
  registry::Client* registry = nullptr;  ///< borrowed; null: images are those of the store, and nothing is pushed
};

struct BuildResult {
  Digest image;                    ///< id of the image that came about, none where the outputs are files alone
  layerfs::Descriptor descriptor;  ///< of its manifest or index
  std::vector<std::string> names;  ///< that it was given
  std::optional<std::map<std::string, std::string>> labels;  ///< of a single image that the store got
  std::string buildId;                                       ///< in the journal
  uint32_t steps = 0, hits = 0;
  std::vector<BuildWarning> warnings;            ///< of the build checks, by line
  std::shared_ptr<const SourceText> dockerfile;  ///< what they are about
};

/// A failed step: how docker reports it. The message holds excerpt and cause; `exitCode` of a RUN that failed, else 0.
/// Every failed build is also in the journal. Faults: Unavailable where all was built and only pushing failed.
llvm::Expected<BuildResult> build(const BuildRequest& request, layerfs::Store& store, ProgressSink& progress,
                                  const CancelToken& cancel);

/// `--plan`: what would be done, without doing or looking anything up.
struct PlannedBuild {
  Plan plan;
  Build entry;  ///< as the journal would have it, nothing begun: a step for each vertex that has one, in their order
};
llvm::Expected<PlannedBuild> planBuild(const BuildRequest& request, layerfs::Store& store);

/// Cached steps of the store: for `system df` and `system prune`.
struct CacheUsage {
  uint64_t records = 0;
  uint64_t layers = 0;
  uint64_t mounts = 0, mountsInUse = 0, mountBytes = 0;  ///< directories of cache mounts
  std::vector<layerfs::LayerId> layerIds;
};
llvm::Expected<CacheUsage> cacheUsage(layerfs::Store& store);

}  // namespace strata::builder
