#include "builder/build.h"

#include "builder/cache/record_store.h"
#include "builder/context/build_context.h"
#include "builder/export/export.h"
#include "builder/frontend/instruction.h"
#include "builder/plan/make_plan.h"
#include "builder/solve/cache_mounts.h"
#include "builder/solve/solver.h"
#include "registry/reference.h"
#include "runtime/emulation.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

namespace strata::builder {

namespace {
llvm::Expected<BuildContext> openContext(const BuildRequest& request, layerfs::Store& store) {
  ContextRequest context;
  context.context = request.context;
  context.dockerfile = request.dockerfile;
  context.input = request.input;
  context.staging = store.staging();
  context.indexDirectory = joinPath(store.root(), "context");
  return openBuildContext(context);
}

/// Images are looked up in the store alone: bringing them from a registry is pull's work.
llvm::Expected<ResolvedImage> resolveLocally(llvm::StringRef written, const layerfs::Platform& platform,
                                             layerfs::Store& store) {
  auto reference = registry::parseReference(written);
  if (!reference) return reference.takeError();
  auto id = store.images().findByName(reference->canonical(), platform);
  if (!id) return id.takeError();
  if (!*id)
    return fault(
        FaultKind::NotFound,
        "no such image in the store, and pulling is not yet supported; `strata load` or `strata import` brings one");
  auto image = store.images().load(**id);
  if (!image) return image.takeError();
  return ResolvedImage{.id = image->id, .canonical = reference->canonical(), .config = std::move(image->config)};
}

llvm::Expected<Plan> planOf(const Dockerfile& dockerfile, const BuildRequest& request, layerfs::Store& store) {
  PlanOptions options;
  options.platforms = request.platforms;
  options.runnable = runtime::runnablePlatforms();
  options.target = request.target;
  options.buildArgs = request.buildArgs;
  options.labels = request.labels;
  options.network = request.network;
  options.extraHosts = request.extraHosts;
  options.entitlements = request.entitlements;
  return makePlan(dockerfile, options, [&](llvm::StringRef written, const layerfs::Platform& platform) {
    return resolveLocally(written, platform, store);
  });
}

/// A build on its way into the journal; written whatever becomes of it.
struct JournalEntry {
  Journal& journal;
  Build build;

  llvm::Error close() {
    build.duration = nowNanoseconds() - build.started;
    build.stepCount = uint32_t(build.steps.size());
    for (const BuildStep& step : build.steps) build.hitCount += step.outcome == BuildStep::Outcome::Hit;
    return journal.write(build);
  }
  /// The build's error, with a failing journal only mentioned: it is not what the user came for.
  llvm::Error fail(llvm::Error error) {
    FaultKind kind = kindOf(error);
    build.error = messageOf(std::move(error));
    llvm::consumeError(close());
    return fault(kind, build.error);
  }
};

/// Digests and sizes of the results' layers; the export has asked before, so that these are look-ups.
llvm::Error fillLayerFacts(std::vector<BuildStep>& steps, const Plan& plan, const SolveResult& solved) {
  for (const PlanResult& result : plan.results) {
    if (!result.files) continue;
    for (const std::shared_ptr<layerfs::Layer>& layer : solved.vertices[*result.files]->layers) {
      auto identity = layer->tarIdentity();
      if (!identity) return identity.takeError();
      for (BuildStep& step : steps)
        if (step.layer == layer->id().value) {
          step.diffId = identity->diffId.digest;
          step.layerBytes = identity->size;
        }
    }
  }
  return llvm::Error::success();
}

/// Outputs that the plan's platforms can give.
llvm::Expected<std::vector<OutputSpec>> outputsFor(const BuildRequest& request, const Plan& plan) {
  std::vector<OutputSpec> outputs = request.outputs;
  if (outputs.empty()) outputs.push_back({.image = {.names = request.tags}});
  std::vector<layerfs::Platform> platforms;
  for (const PlanResult& result : plan.results) platforms.push_back(result.platform);
  if (auto error = checkOutputs(outputs, platforms, plan.asIndex)) return error;
  return outputs;
}

std::vector<Digest> keysOfHits(const std::vector<BuildStep>& steps) {
  std::vector<Digest> keys;
  for (const BuildStep& step : steps)
    if (step.outcome == BuildStep::Outcome::Hit && step.key) keys.push_back(step.key);
  return keys;
}
}  // namespace

llvm::Expected<BuildResult> build(const BuildRequest& request, layerfs::Store& store, ProgressSink& progress,
                                  const CancelToken& cancel) {
  auto journal = Journal::open(store.database());
  if (!journal) return journal.takeError();
  auto records = RecordStore::open(store.database());
  if (!records) return records.takeError();
  auto trees = TreeStore::open(store.database());
  if (!trees) return trees.takeError();

  if (request.pull)
    progress.onNotice("--pull: images are not yet pulled from registries; those in the store are taken as they are");
  JournalEntry entry{**journal, {}};
  entry.build.id = Journal::makeId();
  entry.build.started = nowNanoseconds();
  entry.build.names = request.tags;

  auto context = openContext(request, store);
  if (!context) return context.takeError();
  entry.build.context = context->identity;
  entry.build.dockerfile = context->dockerfileName;
  entry.build.target = request.target;
  auto dockerfile = readDockerfile(context->dockerfile);
  if (!dockerfile) return entry.fail(dockerfile.takeError());
  auto plan = planOf(*dockerfile, request, store);
  if (!plan) return entry.fail(plan.takeError());
  auto outputs = outputsFor(request, *plan);
  if (!outputs) return entry.fail(outputs.takeError());

  Solver solver(*plan, *context->dockerfile, store, **records, **trees, context->files.get(), progress, cancel,
                {.noCache = request.noCache,
                 .noCacheStages = request.noCacheStages,
                 .blockingLimit = request.blockingLimit,
                 .secrets = request.secrets,
                 .run = request.run});
  SolveResult solved = solver.run();
  llvm::consumeError(context->files->saveIndex());  // only costs the next build some reading
  entry.build.steps = std::move(solved.steps);
  if (solved.failure) return entry.fail(fault(solved.failureKind, *solved.failure));

  ExportRequest exporting{.outputs = *outputs, .squash = request.squash, .standardOutput = request.output};
  auto exported = exportResults(exporting, *plan, solved, **records, store, progress);
  if (!exported) return entry.fail(exported.takeError());
  BuildResult result;
  auto closed = store.database().transact([&]() -> llvm::Error {
    for (const std::string& name : exported->names)
      if (auto error = store.images().tag(*exported->stored, name)) return error;
    if (auto error = fillLayerFacts(entry.build.steps, *plan, solved)) return error;
    if (auto error = (*records)->touch(keysOfHits(entry.build.steps), nowNanoseconds())) return error;
    if (exported->image) entry.build.image = exported->image->id();
    entry.build.succeeded = true;
    return entry.close();
  });
  if (closed) return closed;
  if (exported->image) {
    result.image = exported->image->id();
    result.descriptor = std::move(exported->image->descriptor);
    result.names = std::move(exported->image->names);
  }
  result.buildId = entry.build.id;
  result.steps = entry.build.stepCount;
  result.hits = entry.build.hitCount;
  return result;
}

llvm::Expected<std::string> describePlan(const BuildRequest& request, layerfs::Store& store, llvm::StringRef format) {
  auto context = openContext(request, store);
  if (!context) return context.takeError();
  auto dockerfile = readDockerfile(context->dockerfile);
  if (!dockerfile) return dockerfile.takeError();
  auto plan = planOf(*dockerfile, request, store);
  if (!plan) return plan.takeError();
  if (format == "json") return printPrettyJson(toJson(*plan)) + "\n";
  if (format == "dot") return printPlanDot(*plan);
  if (format.empty() || format == "text") return printPlan(*plan);
  return fault(FaultKind::Invalid, "unknown plan format '" + format + "'; use text, json or dot");
}

llvm::Expected<CacheUsage> cacheUsage(layerfs::Store& store) {
  auto records = RecordStore::open(store.database());
  if (!records) return records.takeError();
  auto count = (*records)->count();
  if (!count) return count.takeError();
  auto layers = (*records)->layers();
  if (!layers) return layers.takeError();
  auto mounts = CacheMounts(store.root(), store.staging()).usage();
  if (!mounts) return mounts.takeError();
  return CacheUsage{.records = *count,
                    .layers = layers->size(),
                    .mounts = mounts->directories,
                    .mountsInUse = mounts->inUse,
                    .mountBytes = mounts->bytes,
                    .layerIds = std::move(*layers)};
}

llvm::Expected<CachePruned> pruneCache(layerfs::Store& store, std::optional<int64_t> unusedSince) {
  auto records = RecordStore::open(store.database());
  if (!records) return records.takeError();
  auto removed = (*records)->prune(unusedSince);
  if (!removed) return removed.takeError();
  auto mounts = CacheMounts(store.root(), store.staging()).prune(unusedSince);
  if (!mounts) return mounts.takeError();
  return CachePruned{.records = *removed, .mounts = mounts->directories, .mountBytes = mounts->bytes};
}

}  // namespace strata::builder
