#include "cli/bench_bases.h"

#include "builder/prepare.h"
#include "layerfs/image_archive.h"
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

/// Answers a planner's questions and writes down what it asked for.
class BaseFinder {
public:
  explicit BaseFinder(layerfs::Store* store) : store_(store) {}

  llvm::Expected<builder::ResolvedImage> resolve(llvm::StringRef name, const Platform& platform) {
    auto reference = registry::parseReference(name);
    if (!reference) return reference.takeError();
    builder::ResolvedImage image{.id = digestOf(name), .canonical = reference->canonical()};
    image.config.platform = platform;
    analyzer::BenchBase base{.name = name.str(), .canonical = image.canonical, .platform = platform.str()};
    if (store_) {
      auto stored = builder::resolveImage(name, platform, *store_, {});
      if (stored) {
        image = std::move(*stored);
        base.canonical = image.canonical;
        if (auto error = take(base, image)) return error;
      } else if (llvm::Error error = stored.takeError(); !takeIf(error, FaultKind::NotFound)) {
        return error;
      }
    }
    base.hasTriggers = !image.config.onBuild.empty();
    if (!llvm::is_contained(bases_, base)) bases_.push_back(base);
    return image;
  }

  std::vector<analyzer::BenchBase>& bases() { return bases_; }
  llvm::ArrayRef<layerfs::SaveItem> items() const { return items_; }

private:
  llvm::Error take(analyzer::BenchBase& base, const builder::ResolvedImage& resolved) {
    auto image = store_->images().load(resolved.id);
    if (!image) return image.takeError();
    base.isHere = isWhole(*image);
    bool isNew =
        llvm::none_of(bases_, [&](const auto& one) { return one.name == base.name && one.platform == base.platform; });
    if (base.isHere && isNew) items_.push_back({.image = std::move(*image), .names = {resolved.canonical}});
    return llvm::Error::success();
  }

  layerfs::Store* store_;
  std::vector<analyzer::BenchBase> bases_;
  std::vector<layerfs::SaveItem> items_;
};

llvm::Error findBases(const builder::BuildRequest& request, layerfs::Store& store, BaseFinder& finder) {
  SilentProgress silent;
  CancelToken never;
  builder::RemoteSources remote(builder::sourcePlace(request, store), never);
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
  if (auto error = findBases(request, **own, finder)) return error;
  TakenBases taken{.bases = std::move(finder.bases()), .hasArchive = !finder.items().empty()};
  if (!taken.hasArchive) return taken;
  auto save = [&](ByteSink& sink) { return layerfs::saveArchive(finder.items(), (*store)->content(), sink); };
  if (auto error = replaceFile(archive, 0600, save)) return withContext(std::move(error), "take over the base images");
  return taken;
}

}  // namespace strata::cli
