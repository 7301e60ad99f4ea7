#include "builder/build.h"

#include "builder/cache/record_store.h"
#include "builder/export/export.h"
#include "builder/journal/dockerfile_digests.h"
#include "builder/note_removals.h"
#include "builder/plan/planned_step.h"
#include "builder/prepare.h"
#include "builder/resolve_image.h"
#include "builder/solve/cache_mounts.h"
#include "builder/solve/read_tracer.h"
#include "builder/solve/solver.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

namespace strata::builder {

namespace {
/// A build on its way into the journal; written whatever becomes of it.
struct JournalEntry {
  Journal& journal;
  DockerfileDigests& dockerfiles;
  Build build;
  Digest dockerfile;  ///< none until it was read

  void sumUp() {
    build.duration = nowNanoseconds() - build.started;
    build.stepCount = uint32_t(build.steps.size());
    build.hitCount = uint32_t(
        llvm::count_if(build.steps, [](const BuildStep& step) { return step.outcome == BuildStep::Outcome::Hit; }));
  }
  /// As shared caches get it, which take it while the image is still written.
  Build whenSolved() {
    sumUp();
    Build solved = build;
    solved.succeeded = true;
    return solved;
  }
  llvm::Error close() {
    sumUp();
    if (llvm::Error error = journal.write(build)) return error;
    return dockerfile ? dockerfiles.put(build.id, dockerfile) : llvm::Error::success();
  }
  /// The build's error, with a failing journal only mentioned: it is not what the user came for.
  llvm::Error fail(llvm::Error error) {
    std::vector<std::unique_ptr<llvm::ErrorInfoBase>> parts;
    llvm::handleAllErrors(std::move(error),
                          [&](std::unique_ptr<llvm::ErrorInfoBase> part) { parts.push_back(std::move(part)); });
    llvm::Error same = llvm::Error::success();
    for (auto& part : parts) {
      build.error += (build.error.empty() ? "" : "\n") + part->message();
      same = llvm::joinErrors(std::move(same), llvm::Error(std::move(part)));
    }
    llvm::consumeError(close());
    return same;
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

/// Whether it can be done a second time: nothing of it was read from or written to a stream.
bool isRepeatable(const BuildRequest& request) {
  auto toStream = [](const OutputSpec& output) { return output.destination == "-"; };
  return request.context != "-" && request.dockerfile != "-" && llvm::none_of(request.outputs, toStream);
}

std::vector<Digest> keysOfHits(const std::vector<BuildStep>& steps) {
  std::vector<Digest> keys;
  for (const BuildStep& step : steps)
    if (step.outcome == BuildStep::Outcome::Hit && step.key) keys.push_back(step.key);
  return keys;
}

/// Hears of layers that are found damaged while a build goes on, beside whoever hears of it anyway.
class DamagedLayers {
public:
  explicit DamagedLayers(Database& database) : database_(database) {
    before_ = database_.onDamage([this](const Damage& damage) {
      if (before_) before_(damage);
      std::lock_guard lock(mutex_);
      if (damage.kind == "layer") problems_[damage.name] = damage.problem;
    });
  }
  ~DamagedLayers() { database_.onDamage(std::move(before_)); }
  DamagedLayers(const DamagedLayers&) = delete;
  DamagedLayers& operator=(const DamagedLayers&) = delete;

  /// What is wrong with it; empty: nothing.
  std::string problemOf(layerfs::LayerId layer) {
    std::lock_guard lock(mutex_);
    auto found = problems_.find(std::to_string(layer.value));
    return found == problems_.end() ? "" : found->second;
  }

private:
  Database& database_;
  Database::DamageListener before_;
  std::mutex mutex_;
  std::map<std::string, std::string> problems_;  ///< by the layer's number
};

/// The ids of the cache mounts that RUN steps have, each once.
std::vector<std::string> cacheMountsOf(const Plan& plan) {
  std::set<std::string> ids;
  for (const Vertex& vertex : plan.vertices)
    if (const RunOp* run = vertex.as<RunOp>())
      for (const PlannedMount& mount : run->mounts)
        if (mount.flag.kind == MountKind::Cache) ids.insert(mount.flag.id);
  return {ids.begin(), ids.end()};
}

/// The repositories that an output is pushed to.
std::vector<std::string> pushedTo(llvm::ArrayRef<OutputSpec> outputs) {
  std::vector<std::string> repositories;
  for (const OutputSpec& output : outputs)
    if (output.image.push)
      repositories.insert(repositories.end(), output.image.names.begin(), output.image.names.end());
  return repositories;
}

/// What a second attempt must know of the first.
struct Attempt {
  bool withCaches = true;      ///< those to take from, and records whose layers are elsewhere
  bool cachesFailed = false;   ///< out: without them it may succeed
  uint64_t damageReports = 0;  ///< before it
  uint64_t unreached = 0;      ///< LayerStore::unreached() before it
};

/// A step's layer is elsewhere and does not come: the step can be done here instead.
bool isOutOfReach(FaultKind kind, layerfs::Store& store, const Attempt& attempt) {
  bool absence = kind == FaultKind::Unavailable || kind == FaultKind::Denied;
  return absence && store.layers().unreached() != attempt.unreached;
}

llvm::Expected<BuildResult> buildOnce(const BuildRequest& request, layerfs::Store& store, ProgressSink& progress,
                                      const CancelToken& cancel, Attempt& attempt, DamagedLayers& damaged) {
  auto journal = Journal::open(store.database());
  if (!journal) return journal.takeError();
  auto records = RecordStore::open(store.database());
  if (!records) return records.takeError();
  auto outputTrees = OutputStore::open(store.database());
  if (!outputTrees) return outputTrees.takeError();
  auto trees = TreeStore::open(store.database());
  if (!trees) return trees.takeError();

  auto dockerfiles = DockerfileDigests::open(store.database());
  if (!dockerfiles) return dockerfiles.takeError();

  JournalEntry entry{**journal, **dockerfiles, {}, {}};
  entry.build.id = Journal::makeId();
  entry.build.started = nowNanoseconds();
  entry.build.names = request.tags;
  CacheSettings settings = request.caches;
  if (!attempt.withCaches) settings.from.clear();
  CacheSession caches(settings, {store, **records, **trees, **journal, progress, request.registry, cancel});
  auto fail = [&](llvm::Error error) {
    bool metDamage = store.database().damageReports() != attempt.damageReports;
    bool isCaches = isOutOfReach(kindOf(error), store, attempt) || caches.isToBlame(kindOf(error), metDamage);
    attempt.cachesFailed = attempt.withCaches && isRepeatable(request) && isCaches;
    if (attempt.cachesFailed) return error;
    if (kindOf(error) != FaultKind::Cancelled) caches.finishFailed(entry.build);
    return entry.fail(std::move(error));
  };

  RemoteSources remote(sourcePlace(request, store), cancel);
  auto context = openContext(request, store, remote, progress);
  if (!context) return context.takeError();
  entry.build.context = context->identity;
  entry.build.dockerfile = context->dockerfileName;
  entry.dockerfile = digestOf(context->dockerfile->text());
  entry.build.target = request.target;
  if (auto title = request.buildArgs.find("BUILDKIT_BUILD_NAME"); title != request.buildArgs.end())
    entry.build.title = title->second;
  caches.begin(entry.build);
  LintReport report;
  auto plan = planChecked(*context, request, store, remote, report, progress);
  tellWarnings(report, *context->dockerfile, progress);
  entry.build.warnings = warningsOf(report);
  if (!plan) return entry.fail(plan.takeError());
  if (auto violation = report.violation()) return entry.fail(std::move(violation));
  auto outputs = outputsFor(request, *plan);
  if (!outputs) return entry.fail(outputs.takeError());

  caches.checkMounts(cacheMountsOf(*plan));
  std::optional<ReadTracer> reads;
  if (request.traceReads) reads.emplace(store.database(), progress, entry.build.id);
  Solver solver(*plan, *context->dockerfile, store, **records, **outputTrees, **trees,
                {context->files.get(), &request.contexts, &remote}, progress, cancel,
                {.noCache = request.noCache,
                 .noCacheStages = request.noCacheStages,
                 .blockingLimit = request.blockingLimit,
                 .secrets = request.secrets,
                 .run = request.run,
                 .exchange = caches.exchange(),
                 .presentLayersOnly = !attempt.withCaches,
                 .damageOf = [&](layerfs::LayerId layer) { return damaged.problemOf(layer); },
                 .project = entry.build.project(),
                 .reads = reads ? &*reads : nullptr});
  SolveResult solved = solver.run();
  llvm::consumeError(context->files->saveIndex());  // only costs the next build some reading
  entry.build.steps = std::move(solved.steps);
  llvm::consumeError(noteRemovals(entry.build, **records, **journal));  // an explanation less
  caches.explain(entry.build);
  if (solved.failure) {
    auto error = fail(fault(solved.failureKind, *solved.failure));
    bool isStepsOwn = kindOf(error) == FaultKind::Unavailable;  // and no failed push
    return isStepsOwn ? fault(FaultKind::Io, messageOf(std::move(error))) : std::move(error);
  }

  caches.publish(entry.whenSolved());
  caches.awaitLayersFor(pushedTo(*outputs));
  ExportRequest exporting{
      .outputs = *outputs, .squash = request.squash, .standardOutput = request.output, .registry = request.registry};
  exporting.inlineCache = [&](llvm::ArrayRef<layerfs::DiffId> layers) { return caches.inlineCache(layers); };
  auto exported = exportResults(exporting, *plan, solved, **records, store, progress, cancel);
  if (!exported) return fail(exported.takeError());
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
  if (auto error = caches.finish()) return error;
  if (exported->image) {
    result.image = exported->image->id();
    result.descriptor = std::move(exported->image->descriptor);
    result.names = std::move(exported->image->names);
    result.labels = std::move(exported->labels);
  }
  result.buildId = entry.build.id;
  result.steps = entry.build.stepCount;
  result.hits = entry.build.hitCount;
  result.warnings = std::move(entry.build.warnings);
  result.dockerfile = context->dockerfile;
  return result;
}

}  // namespace

/// Damage that is only seen when a layer is read to its end comes up after the step that gave it was taken from the
/// cache. It has been dropped by then: the second time the step is done. Likewise a layer that a cache elsewhere has
/// promised, in this build or an earlier one, and does not give: the second time what is here has to do.
llvm::Expected<BuildResult> build(const BuildRequest& request, layerfs::Store& store, ProgressSink& progress,
                                  const CancelToken& cancel) {
  Attempt attempt{.damageReports = store.database().damageReports(), .unreached = store.layers().unreached()};
  DamagedLayers layers(store.database());
  auto result = buildOnce(request, store, progress, cancel, attempt, layers);
  bool damaged = store.database().damageReports() != attempt.damageReports;
  if (result || !(damaged || attempt.cachesFailed) || !isRepeatable(request)) return result;
  auto error = result.takeError();
  if (attempt.cachesFailed) {
    llvm::StringRef without = request.caches.from.empty() ? "layers that are elsewhere" : "--cache-from";
    progress.onNotice("WARN: " + messageOf(std::move(error)) + "; building again without " + without.str());
    attempt.withCaches = false;
  } else if (takeIf(error, FaultKind::Corrupt)) {
    progress.onNotice("something in the store was damaged; building again without it");
  } else {
    return error;
  }
  return buildOnce(request, store, progress, cancel, attempt, layers);
}

llvm::Expected<PlannedBuild> planBuild(const BuildRequest& request, layerfs::Store& store) {
  SilentProgress silent;
  CancelToken never;
  RemoteSources remote(sourcePlace(request, store), never);
  auto context = openContext(request, store, remote, silent);
  if (!context) return context.takeError();
  LintReport report;
  auto plan = planChecked(*context, request, store, remote, report, silent);
  if (!plan) return plan.takeError();
  PlannedBuild planned{std::move(*plan), {}};
  planned.entry.context = context->identity;
  planned.entry.dockerfile = context->dockerfileName;
  planned.entry.target = request.target;
  for (const Vertex& vertex : planned.plan.vertices)
    if (vertex.step) planned.entry.steps.push_back(plannedStep(vertex, planned.plan.file));
  return planned;
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

}  // namespace strata::builder
