#include "builder/export/export.h"

#include "builder/export/changed_layers.h"
#include "builder/export/image_document.h"
#include "builder/export/output_keys.h"

#include <future>

namespace strata::builder {

namespace {
llvm::Error addInlineCache(const ExportRequest& request, PlatformResult& result) {
  std::vector<layerfs::DiffId> layers;
  for (const std::shared_ptr<layerfs::Layer>& layer : result.layers) {
    auto identity = layer->tarIdentity();
    if (!identity) return identity.takeError();
    layers.push_back(identity->diffId);
  }
  result.config.inlineCache = request.inlineCache(layers);
  return llvm::Error::success();
}

/// The results as this output wants them.
llvm::Expected<std::vector<PlatformResult>> resultsFor(const OutputSpec& spec, const ExportRequest& request,
                                                       const Plan& plan, const SolveResult& solved,
                                                       RecordStore& records, layerfs::Store& store,
                                                       std::optional<int64_t> epoch) {
  auto results = platformResults(plan, solved, records, epoch);
  if (!results) return results.takeError();
  for (PlatformResult& result : *results) {
    if (request.squash && spec.isImage()) {
      auto one = squash(std::move(result), store);
      if (!one) return one.takeError();
      result = std::move(*one);
    }
    if (spec.image.rewriteTimestamp && epoch) {
      auto earlier = rewriteTimestamps(std::move(result), *epoch, store);
      if (!earlier) return earlier.takeError();
      result = std::move(*earlier);
    }
    if (spec.isImage() && request.inlineCache)
      if (auto error = addInlineCache(request, result)) return error;
  }
  return results;
}

/// The store knows of the image what registries call it.
llvm::Error notePushed(const ExportedImage& pushed, layerfs::Store& store) {
  if (layerfs::media::isIndex(pushed.descriptor.mediaType)) return llvm::Error::success();
  for (const std::string& repository : pushed.repositories) {
    layerfs::RepositoryDigest known{.repository = repository, .digest = pushed.descriptor.digest};
    if (auto error = store.images().digests().put(pushed.configs.front(), known)) return error;
  }
  return llvm::Error::success();
}

/// What waits for the disk and what waits for the registry go on at once.
llvm::Error exportImage(const ExportJob& job, Exported& exported, const CancelToken& cancel) {
  bool goesElsewhere = job.spec.image.push || !job.spec.destination.empty();
  std::future<llvm::Expected<ExportedImage>> storing;
  if (job.spec.goesToStore())
    storing =
        std::async(goesElsewhere ? std::launch::async : std::launch::deferred, [&job] { return exportToStore(job); });
  std::optional<llvm::Expected<ExportedImage>> sent;
  if (goesElsewhere) sent.emplace(job.spec.image.push ? exportByPushing(job, cancel) : exportLayout(job));
  if (storing.valid()) {
    auto image = storing.get();
    if (!image) return llvm::joinErrors(image.takeError(), sent ? sent->takeError() : llvm::Error::success());
    exported.stored = image->id();
    exported.names.insert(exported.names.end(), image->names.begin(), image->names.end());
    if (!layerfs::media::isIndex(image->descriptor.mediaType)) exported.labels = job.results.front().config.labels;
    exported.image = std::move(*image);
  }
  if (!sent) return llvm::Error::success();
  if (!*sent) return sent->takeError();
  exported.image = std::move(**sent);
  return job.spec.goesToStore() ? notePushed(*exported.image, job.store) : llvm::Error::success();
}

llvm::Error exportOne(const ExportJob& job, Exported& exported, const CancelToken& cancel) {
  if (job.spec.type == OutputType::Local) return exportLocal(job);
  if (job.spec.type == OutputType::Tar) return exportTar(job);
  if (auto error = exportImage(job, exported, cancel)) return error;
  if (!exported.image) return llvm::Error::success();  // store=false: nowhere
  auto& annotations = exported.image->descriptor.annotations;
  annotations.emplace("org.opencontainers.image.created", createdOf(job.results, job.epoch));
  if (exported.image->configs.size() == 1) annotations.emplace("config.digest", exported.image->configs.front().str());
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<Exported> exportResults(const ExportRequest& request, const Plan& plan, const SolveResult& solved,
                                       RecordStore& records, layerfs::Store& store, ProgressSink& progress,
                                       const CancelToken& cancel) {
  Exported exported;
  for (const OutputSpec& spec : request.outputs) {
    std::optional<int64_t> epoch = spec.hasEpoch ? spec.sourceDateEpoch : plan.sourceDateEpoch;
    if (spec.image.rewriteTimestamp && !epoch)
      progress.onNotice("rewrite-timestamp=true without SOURCE_DATE_EPOCH: times stay as they are");
    if (spec.image.preferNonDistributable)
      progress.onNotice("prefer-nondist-layers=true: the store has all layers whole, and gives all as distributable");
    auto results = resultsFor(spec, request, plan, solved, records, store, epoch);
    if (!results) return results.takeError();
    ExportJob job{.spec = spec,
                  .results = *results,
                  .asIndex = plan.asIndex,
                  .epoch = epoch,
                  .store = store,
                  .standardOutput = request.standardOutput,
                  .registry = request.registry,
                  .progress = &progress};
    if (auto error = exportOne(job, exported, cancel))
      return withContext(std::move(error), "export " + nameOf(spec.type).str());
  }
  return exported;
}

}  // namespace strata::builder
