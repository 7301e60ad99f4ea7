#include "cli/bench_bases.h"

#include "builder/prepare.h"
#include "cli/save_items.h"
#include "layerfs/image_archive.h"
#include "registry/pull.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/output_file.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {
using layerfs::Platform;

/// What the user has; nothing where there is no store yet, which is not made for this.
llvm::Expected<layerfs::Store*> storeIfThere(Session& session) {
  if (!pathExists(joinPath(session.root(), "strata.db"))) return nullptr;
  return session.store();
}

bool isWhole(const layerfs::Image& image) {
  return llvm::none_of(image.layers, [](const auto& layer) { return layer->form() == layerfs::LayerForm::Remote; });
}

/// All images of the index that the name leads to, if they are here: one platform's alone would take the name from
/// another's.
llvm::Expected<std::optional<layerfs::SaveItem>> indexNamed(const std::string& canonical, layerfs::ImageStore& images) {
  auto index = images.indexes().findByName(canonical);
  if (!index) return index.takeError();
  if (!*index) return std::nullopt;
  auto all = saveItem(images, **index, {canonical}, "");
  if (!all) return all.takeError();
  if (!isWhole(all->image) || !llvm::all_of(all->others, isWhole)) return std::nullopt;
  return std::move(*all);
}

/// Without its digest it would not be found again; and an archive has another manifest, which stands for the platform
/// that the image names and for no other.
std::optional<analyzer::PinnedImage> pinnedBy(const registry::Reference& reference, const Platform& platform,
                                              const layerfs::Image& image) {
  if (!reference.digest || layerfs::normalised(image.config.platform) != layerfs::normalised(platform))
    return std::nullopt;
  return analyzer::PinnedImage{.id = image.id, .known = {reference.repository(), *reference.digest}};
}

/// Answers a planner's questions and writes down what it asked for.
class BaseFinder {
public:
  explicit BaseFinder(layerfs::Store* store) : store_(store) {}

  llvm::Expected<builder::ResolvedImage> resolve(llvm::StringRef name, const Platform& platform) {
    auto reference = registry::parseReference(name);
    if (!reference) return reference.takeError();
    builder::ResolvedImage image{.id = digestOf(name), .canonical = reference->canonical()};
    image.config.platform = platform;
    analyzer::BenchBase base{.name = name.str(), .platform = platform.str(), .isPinned = reference->digest.has_value()};
    if (store_) {
      auto stored = builder::resolveImage(name, platform, *store_, {});
      if (stored) {
        image = std::move(*stored);
        if (auto error = take(base, image, platform)) return error;
      } else if (llvm::Error error = stored.takeError(); !takeIf(error, FaultKind::NotFound)) {
        return error;
      }
    }
    base.canonical = image.canonical;
    base.hasTriggers = !image.config.onBuild.empty();
    if (!llvm::is_contained(bases_, base)) bases_.push_back(base);
    return image;
  }

  std::vector<analyzer::BenchBase>& bases() { return bases_; }
  llvm::ArrayRef<layerfs::SaveItem> items() const { return items_; }

private:
  llvm::Error take(analyzer::BenchBase& base, const builder::ResolvedImage& resolved, const Platform& platform) {
    auto image = store_->images().load(resolved.id);
    if (!image) return image.takeError();
    auto reference = registry::parseReference(resolved.canonical);
    if (!reference) return reference.takeError();
    if (!isWhole(*image)) return checkElsewhere(*reference, platform);
    base.pinned = pinnedBy(*reference, platform, *image);
    base.isHere = !base.isPinned || base.pinned;
    bool isNew =
        llvm::none_of(bases_, [&](const auto& one) { return one.name == base.name && one.platform == base.platform; });
    if (!base.isHere || !isNew) return llvm::Error::success();
    layerfs::SaveItem item{.image = std::move(*image)};
    if (!base.isPinned) {
      auto hasIndex = [&](const auto& one) { return one.index && llvm::is_contained(one.names, resolved.canonical); };
      if (llvm::any_of(items_, hasIndex)) return llvm::Error::success();
      auto all = indexNamed(resolved.canonical, store_->images());
      if (!all) return all.takeError();
      if (*all)
        item = std::move(**all);
      else
        item.names = {resolved.canonical};
    }
    items_.push_back(std::move(item));
    return llvm::Error::success();
  }

  /// To bring the layers would write to the user's store.
  llvm::Error checkElsewhere(const registry::Reference& reference, const Platform& platform) {
    auto stored = registry::findStored(reference, platform, *store_);
    if (!stored) return stored.takeError();
    if (!stored->madeHere) return llvm::Error::success();
    return fault(FaultKind::Invalid, "the base image " + reference.familiar() +
                                         " was made here on layers that are still in a registry; bring them with "
                                         "`strata save --output /dev/null " +
                                         reference.familiar() + "`");
  }

  layerfs::Store* store_;
  std::vector<analyzer::BenchBase> bases_;
  std::vector<layerfs::SaveItem> items_;
};

/// Ends a long copy when somebody wants that.
class CancellableSink : public ByteSink {
public:
  CancellableSink(ByteSink& below, const CancelToken& cancel) : below_(below), cancel_(cancel) {}
  llvm::Error write(llvm::StringRef bytes) override {
    if (auto error = cancel_.check()) return error;
    return below_.write(bytes);
  }
  llvm::MutableArrayRef<char> room() override { return below_.room(); }

private:
  ByteSink& below_;
  const CancelToken& cancel_;
};

llvm::Error findBases(const builder::BuildRequest& request, layerfs::Store& store, BaseFinder& finder,
                      const CancelToken& cancel) {
  SilentProgress silent;
  builder::RemoteSources remote(builder::sourcePlace(request, store), cancel);
  auto context = builder::openContext(request, store, remote, silent);
  if (!context) return context.takeError();
  builder::LintReport report;
  auto dockerfile = builder::readChecked(*context, request, report);
  if (!dockerfile) return dockerfile.takeError();
  auto resolve = [&](llvm::StringRef name, const Platform& platform) { return finder.resolve(name, platform); };
  return builder::makePlan(*dockerfile, builder::planOptions(request, *context, remote, report), resolve).takeError();
}
}  // namespace

llvm::Expected<TakenBases> takeBases(const builder::BuildRequest& request, const std::string& directory,
                                     const std::string& archive, Session& session) {
  auto own = layerfs::Store::open({.root = joinPath(directory, "planning")});
  if (!own) return own.takeError();
  auto store = storeIfThere(session);
  if (!store) return store.takeError();
  BaseFinder finder(*store);
  if (auto error = findBases(request, **own, finder, session.cancel())) return error;
  TakenBases taken{.bases = std::move(finder.bases()), .hasArchive = !finder.items().empty()};
  if (!taken.hasArchive) return taken;
  auto save = [&](ByteSink& sink) {
    CancellableSink cancellable(sink, session.cancel());
    return layerfs::saveArchive(finder.items(), (*store)->content(), cancellable);
  };
  if (auto error = replaceFile(archive, 0600, save)) return withContext(std::move(error), "take over the base images");
  return taken;
}

}  // namespace strata::cli
