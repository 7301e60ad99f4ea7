#include "builder/remote/cache_session.h"

#include "builder/remote/cache_export.h"
#include "builder/remote/cache_import.h"
#include "builder/remote/inline_cache.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

struct CacheSession::Impl : CacheExchange {
  Impl(const CacheSettings& settings, Services services) : services(services), forOthers(settings.forOthers) {
    if (!settings.from.empty())
      import = std::make_unique<CacheImport>(settings.from, services.store, services.records, services.progress,
                                             services.registry, services.cancel);
    for (const CacheTarget& target : settings.to)
      if (target.place.type == CacheType::Inline)
        isInline = true;
      else
        exports.push_back(
            std::make_unique<CacheExport>(target, services.store, services.trees, services.registry, services.cancel));
  }

  bool imports() const override { return import != nullptr; }
  bool isReady() override { return !import || import->isReady(); }
  std::optional<CacheRecord> find(const Digest& key) override { return import ? import->find(key) : std::nullopt; }
  std::optional<CacheRecord> findByAlias(const Digest& alias) override {
    return import ? import->findByAlias(alias) : std::nullopt;
  }
  void onResult(Result result) override {
    if (isInline && result.inImage) {
      std::lock_guard lock(mutex);
      ofImage.push_back(result);
    }
    for (auto& one : exports) one->onResult(result);
  }
  void onBase(const std::vector<std::shared_ptr<layerfs::Layer>>& layers) override {
    for (auto& one : exports) one->onBase(layers);
  }
  void bringOutline(const layerfs::DiffId& diffId) override {
    if (import) import->bringOutline(diffId);
  }
  bool restoreMount(const std::string& slot, const std::string& directory) override {
    return import && import->restoreMount(slot, directory);
  }
  void onMountUsed(const std::string& slot, const std::string& id) override {
    for (auto& one : exports) one->onMountUsed(slot, id);
  }

  CachePack inlinePack() {
    CachePack pack;
    std::lock_guard lock(mutex);
    for (const Result& result : ofImage) {
      auto identity = result.layer->tarIdentity();
      if (!identity) {  // the image lacks it too, and says so
        llvm::consumeError(identity.takeError());
        continue;
      }
      if (identity->size == 0) continue;  // nobody has read it or told how much it is
      pack.records.push_back(
          {.record = result.record, .aliases = {}, .diffId = identity->diffId, .tarSize = identity->size, .blob = {}});
      if (result.alias && result.alias != result.record.key) pack.records.back().aliases.push_back(result.alias);
    }
    if (build) pack.builds.push_back({.build = *build, .trees = {}});
    return pack;
  }

  Services services;
  std::function<Build(Build)> forOthers;
  std::unique_ptr<CacheImport> import;
  std::vector<std::unique_ptr<CacheExport>> exports;
  bool isInline = false;
  std::mutex mutex;
  std::vector<Result> ofImage;  ///< for type=inline
  std::optional<Build> build;
  int64_t began = nowNanoseconds();
};

CacheSession::CacheSession(const CacheSettings& settings, Services services)
    : impl_(std::make_unique<Impl>(settings, services)) {}
CacheSession::~CacheSession() = default;

CacheExchange* CacheSession::exchange() {
  return impl_->import || impl_->isInline || !impl_->exports.empty() ? impl_.get() : nullptr;
}

void CacheSession::begin(const Build& build) {
  if (!impl_->import) return;
  auto earlier = impl_->services.journal.earlierBuilds(build, 1);
  auto records = impl_->services.records.count();
  bool knowsNothing = (earlier && earlier->empty()) || (records && *records == 0);
  if (!earlier) llvm::consumeError(earlier.takeError());
  if (!records) llvm::consumeError(records.takeError());
  if (knowsNothing) impl_->import->start();
}

namespace {
bool missed(const BuildStep& step) { return step.miss == BuildStep::Miss::NoRecord; }

/// A step that took files which that build did not: its trees say which they were.
bool needsTrees(const Build& build, const Build& imported) {
  std::set<Digest> known;
  for (const BuildStep& step : imported.steps)
    for (const KeyComponent& component : step.components) known.insert(component.tree);
  return llvm::any_of(build.steps, [&](const BuildStep& step) {
    auto other = [&](const KeyComponent& component) { return component.tree && !known.count(component.tree); };
    return missed(step) && llvm::any_of(step.components, other);
  });
}
}  // namespace

void CacheSession::checkMounts(llvm::ArrayRef<std::string> ids) {
  for (auto& one : impl_->exports)
    for (const std::string& unknown : one->mountsUnknownAmong(ids))
      impl_->services.progress.onNotice("WARN: --cache-to " + one->target().place.name() + ": mounts=" + unknown +
                                        ": no RUN of this build has a cache mount of this id" +
                                        (ids.empty() ? "" : "; there are " + llvm::join(ids, ", ")));
}

void CacheSession::explain(const Build& build) {
  if (!impl_->import || llvm::none_of(build.steps, missed)) return;
  std::string cache;
  const PackedBuild* nearest = impl_->import->nearestBuild(build, cache);
  if (!nearest) return;
  Build imported = nearest->build;
  imported.origin = cache;
  auto own = impl_->services.journal.earlierBuilds(build, 1);
  if (!own) return llvm::consumeError(own.takeError());  // an explanation less
  if (!own->empty() && own->front().started > imported.started) return;
  auto isNew = impl_->services.journal.writeImported(imported, build.project());
  if (!isNew) return llvm::consumeError(isNew.takeError());
  if (needsTrees(build, imported)) impl_->import->fetchTrees(*nearest, impl_->services.trees);
}

void CacheSession::publish(const Build& build) {
  if (impl_->exports.empty() && !impl_->isInline) return;
  impl_->build = impl_->forOthers ? impl_->forOthers(build) : build;
  for (auto& one : impl_->exports) one->publish(*impl_->build);
}

void CacheSession::awaitLayersFor(llvm::ArrayRef<std::string> repositories) {
  for (auto& one : impl_->exports) {
    if (one->target().place.type != CacheType::Registry) continue;
    auto reference = registry::parseReference(one->target().place.reference);
    if (!reference) {
      llvm::consumeError(reference.takeError());
      continue;
    }
    if (llvm::any_of(repositories, [&](llvm::StringRef name) { return name.starts_with(reference->domain + "/"); }))
      one->awaitImageLayers();
  }
}

std::string CacheSession::inlineCache(llvm::ArrayRef<layerfs::DiffId> layers) {
  return impl_->isInline ? inlineCacheOf(impl_->inlinePack(), layers) : "";
}

namespace {
constexpr std::chrono::milliseconds kLeastTime{60'000}, kTimeOfAFailure{5'000};

std::string counted(uint64_t count, llvm::StringRef what) {
  return (std::to_string(count) + " " + what + (count == 1 ? "" : "s")).str();
}

/// "2 steps and 1 cache mount added, 3.1MB sent"
std::string sumsText(const CacheExport::Sums& sums) {
  std::string text = sums.records ? counted(sums.records, "step") : "";
  if (sums.mounts) text += (text.empty() ? "" : " and ") + counted(sums.mounts, "cache mount");
  return text + " added, " + humanSize(sums.bytes) + " sent";
}
}  // namespace

void CacheSession::finishFailed(const Build& build) {
  publish(build);
  for (auto& one : impl_->exports) one->finish(kTimeOfAFailure);
}

llvm::Error CacheSession::finish() {
  llvm::Error failure = llvm::Error::success();
  auto took = std::chrono::milliseconds((nowNanoseconds() - impl_->began) / 1'000'000);
  took = std::max(took, kLeastTime);
  for (auto& one : impl_->exports) {
    std::string name = "--cache-to " + one->target().place.name();
    auto problem = one->finish(one->target().timeout.value_or(took));
    CacheExport::Sums sums = one->sums();
    if (sums.records || sums.mounts)
      impl_->services.progress.onNotice("cache " + one->target().place.name() + ": " + sumsText(sums));
    if (!problem) continue;
    bool passing = problem->kind == FaultKind::Unavailable;  // the same command may do it later
    if (one->target().ignoreError == false)
      failure = llvm::joinErrors(std::move(failure),
                                 fault(passing ? FaultKind::Unavailable : FaultKind::Io, name + ": " + problem->cause));
    else
      impl_->services.progress.onNotice("WARN: " + name + ": " + problem->cause +
                                        "; the build is none the worse for it");
  }
  return failure;
}

bool CacheSession::isToBlame(FaultKind kind, bool damaged) {
  return kind == FaultKind::Corrupt && damaged && impl_->import && impl_->import->gaveAny();
}

}  // namespace strata::builder
