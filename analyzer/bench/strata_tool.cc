#include "analyzer/bench/strata_tool.h"

#include "analyzer/bench/copied_directory.h"
#include "analyzer/bench/moved_base.h"
#include "analyzer/bench/touched_file.h"
#include "layerfs/platform.h"
#include "layerfs/store.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kImage = "strata-bench";

/// Of a base that moves: what it was at first.
std::string originalName(size_t number) { return "strata-bench-base-" + std::to_string(number); }

llvm::Expected<builder::Build> lastBuild(Database& database) {
  auto journal = builder::Journal::open(database);
  if (!journal) return journal.takeError();
  return (*journal)->load("last");
}

llvm::Expected<builder::Build> lastBuildOf(const std::string& root) {
  auto database = Database::open(joinPath(root, "strata.db"));
  if (!database) return database.takeError();
  return lastBuild(**database);
}

}  // namespace

StrataTool::StrataTool(const BenchRequest& request, const std::string& context, const CancelToken& cancel)
    : request_(request), context_(context), cancel_(cancel) {}

llvm::Expected<std::unique_ptr<StrataTool>> StrataTool::make(const BenchRequest& request, const std::string& context,
                                                             const CancelToken& cancel) {
  std::unique_ptr<StrataTool> tool(new StrataTool(request, context, cancel));
  auto version = measureSuccess(tool->call("template", {"version", "--format", "{{.Client.Version}}"}),
                                "ask for the version", cancel);
  if (!version) return version.takeError();
  tool->facts_ = {.name = "strata", .version = llvm::StringRef(version->output).trim().str()};
  if (auto error = tool->bringBases()) return error;
  if (auto error = tool->copyTemplate("warm")) return error;
  if (auto error = tool->begin(Workload::NoOp)) return error;
  return tool;
}

std::string StrataTool::root(llvm::StringRef name) const { return joinPath(request_.directory, name); }
std::string StrataTool::cache() const { return joinPath(request_.directory, "shared-cache"); }

ProgramCall StrataTool::call(llvm::StringRef root, std::vector<std::string> words) const {
  ProgramCall call{.program = "/proc/self/exe", .arguments = {"strata", "--root", this->root(root)}};
  llvm::append_range(call.arguments, request_.globals);
  llvm::append_range(call.arguments, words);
  return call;
}

ProgramCall StrataTool::buildCall(llvm::StringRef root, std::vector<std::string> further) const {
  std::vector<std::string> words{"build", "--quiet", "--tag", kImage.str()};
  llvm::append_range(words, wordsOf(request_.flags));
  llvm::append_range(words, further);
  words.push_back(context_);
  return call(root, std::move(words));
}

llvm::Error StrataTool::succeed(llvm::StringRef root, std::vector<std::string> words, llvm::StringRef doing) const {
  return measureSuccess(call(root, std::move(words)), doing, cancel_).takeError();
}

llvm::Error StrataTool::bringBases() {
  if (!request_.basesArchive.empty())
    if (auto error = loadBases()) return error;
  for (const BenchBase& base : request_.bases)
    if (!base.isHere)
      if (auto error = succeed("template", {"pull", "--quiet", "--platform", base.platform, base.name},
                               "pull the base image " + base.name))
        return error;
  if (auto error = succeed("template", {"info"}, "make a store"))  // which finds out what this host can mount, once
    return error;
  return findMovable();
}

/// A base that was pulled just now has its triggers in its configuration.
llvm::Error StrataTool::findMovable() {
  std::vector<BenchBase> bases = request_.bases;
  for (BenchBase& base : bases) {
    if (base.isHere || base.isPinned) continue;
    auto config = configOf(base);
    if (!config) return config.takeError();
    base.hasTriggers = *config && !(*config)->onBuild.empty();
  }
  movable_ = movableBases(bases);
  return llvm::Error::success();
}

llvm::Expected<std::optional<layerfs::ImageConfig>> StrataTool::configOf(const BenchBase& base) const {
  auto platform = layerfs::parsePlatform(base.platform);
  if (!platform) return platform.takeError();
  auto store = layerfs::Store::open({.root = root("template")});
  if (!store) return store.takeError();
  layerfs::ImageStore& images = (*store)->images();
  auto id = images.findByName(base.canonical, *platform);
  if (!id) return id.takeError();
  if (!*id) return std::nullopt;
  auto image = images.load(**id);
  if (!image) return image.takeError();
  return std::move(image->config);
}

llvm::Error StrataTool::loadBases() {
  if (auto error = succeed("template", {"load", "--quiet", "--input", request_.basesArchive}, "load the base images"))
    return error;
  auto database = Database::open(joinPath(root("template"), "strata.db"));
  if (!database) return database.takeError();
  for (const BenchBase& base : request_.bases)
    if (base.pinned)
      if (auto error = layerfs::ImageDigests(**database).put(base.pinned->id, base.pinned->known)) return error;
  return llvm::Error::success();
}

llvm::Error StrataTool::copyTemplate(llvm::StringRef to) {
  if (auto error = removeTree(root(to))) return error;
  return copyDirectory(root("template"), root(to), cancel_);
}

llvm::Expected<std::vector<std::string>> StrataTool::files() const {
  auto database = Database::open(joinPath(root("warm"), "strata.db"));
  if (!database) return database.takeError();
  auto build = lastBuild(**database);
  if (!build) return build.takeError();
  auto trees = builder::TreeStore::open(**database);
  if (!trees) return trees.takeError();
  return copiedFiles(*build, **trees, context_);
}

llvm::Error StrataTool::saveBase(const BenchBase& base, const std::string& path) {
  return succeed("template", {"save", "--platform", base.platform, "--output", path, base.name},
                 "save the base image " + base.name);
}

std::optional<std::string> StrataTool::whyNot(Workload workload) const {
  if (workload == Workload::BaseMoved && movable_.empty())
    return "no base image has a name that can stand for another one (FROM scratch, a digest, several platforms, or "
           "ONBUILD)";
  if (workload == Workload::Push && !place_) return "no registry: name one with --registry, or install docker-registry";
  return std::nullopt;
}

llvm::Error StrataTool::begin(Workload workload) {
  if (workload == Workload::Cold) return llvm::Error::success();
  bool isFresh = workload == Workload::Fresh;
  std::vector<std::string> further;
  if (isFresh) further = {"--cache-to", "type=local,mode=max,dest=" + cache()};
  if (auto error = measureSuccess(buildCall("warm", further), "build", cancel_).takeError()) return error;
  return workload == Workload::BaseMoved ? nameBases(false) : llvm::Error::success();
}

llvm::Error StrataTool::prepare(Workload workload, unsigned round) {
  switch (workload) {
    case Workload::Cold:
    case Workload::Fresh:
      return copyTemplate("cold");
    case Workload::BaseMoved:
      return moveBases(round);
    case Workload::Push:
      if (auto error = place_->empty()) return error;
      return succeed("warm", {"tag", kImage.str(), place_->nameFor("strata", round)},
                     "name the image for the registry");
    default:
      return llvm::Error::success();
  }
}

llvm::Expected<Measurement> StrataTool::run(Workload workload, unsigned round) {
  if (workload == Workload::Cold) return build("cold");
  if (workload == Workload::Fresh) return build("cold", {"--cache-from", "type=local,src=" + cache()});
  if (workload == Workload::Push) return push(round);
  return build("warm");
}

llvm::Error StrataTool::end(Workload workload) {
  return workload == Workload::BaseMoved ? nameBases(true) : llvm::Error::success();
}

llvm::Expected<Measurement> StrataTool::build(llvm::StringRef root, std::vector<std::string> further) {
  auto run = measureSuccess(buildCall(root, std::move(further)), "build", cancel_);
  if (!run) return run.takeError();
  auto build = lastBuildOf(this->root(root));
  if (!build) return build.takeError();
  return Measurement{.run = std::move(*run), .build = std::move(*build), .pushedBytes = {}};
}

llvm::Expected<Measurement> StrataTool::push(unsigned round) {
  auto run = measureSuccess(call("warm", {"push", "--quiet", place_->nameFor("strata", round)}), "push", cancel_);
  if (!run) return run.takeError();
  auto size = place_->size();
  if (!size) return size.takeError();
  return Measurement{.run = std::move(*run), .build = {}, .pushedBytes = *size};
}

/// Gives the bases' names to what they stood for at first, or that a name by which it is found again.
llvm::Error StrataTool::nameBases(bool original) {
  for (size_t number = 0; number < movable_.size(); ++number) {
    std::string name = movable_[number].name, kept = originalName(number);
    if (original) std::swap(name, kept);
    if (auto error = succeed("warm", {"tag", name, kept}, "name a base image")) return error;
  }
  return llvm::Error::success();
}

llvm::Error StrataTool::moveBases(unsigned round) {
  for (size_t number = 0; number < movable_.size(); ++number) {
    const BenchBase& base = movable_[number];
    auto context = writeMovedBase(request_.directory, originalName(number), round);
    if (!context) return context.takeError();
    if (auto error = succeed("warm", {"build", "--quiet", "--platform", base.platform, "--tag", base.name, *context},
                             "make a newer base image"))
      return error;
  }
  return llvm::Error::success();
}

}  // namespace strata::analyzer
