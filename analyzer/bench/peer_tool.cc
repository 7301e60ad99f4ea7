#include "analyzer/bench/peer_tool.h"

#include "analyzer/bench/moved_base.h"
#include "support/cancel.h"
#include "support/process.h"
#include "support/user_namespace.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>
#include <llvm/Support/JSON.h>

#include <sys/mount.h>
#include <algorithm>

namespace strata::analyzer {

namespace {
ProgramCall callOf(Words words) {
  ProgramCall call{.program = words.front(), .arguments = {}};
  call.arguments = std::move(words);
  return call;
}

std::string firstLine(llvm::StringRef text) { return text.trim().split('\n').first.str(); }

/// "podman version 4.3.1" and "github.com/docker/buildx v0.25 abcdef": without the words around it.
std::string versionIn(llvm::StringRef text) {
  for (llvm::StringRef word :
       llvm::split(llvm::StringRef(text.trim()).take_until([](char c) { return c == '\n'; }), ' '))
    if (word.find_first_of("0123456789") <= 1) return word.str();
  return firstLine(text);
}

/// As findWords() prints them.
std::string layersText(const layerfs::ImageConfig& config) {
  llvm::json::Array layers;
  for (const layerfs::DiffId& diffId : config.diffIds) layers.push_back(diffId.digest.str());
  return llvm::formatv("{0}", llvm::json::Value(std::move(layers)));
}

/// Of a base that moves: what it was at first, by a name that nobody asks a registry for.
std::string keptName(size_t number) { return "localhost/strata-bench-base-" + std::to_string(number) + ":latest"; }
}  // namespace

PeerTool::PeerTool(Peer peer, const BenchRequest& request, const std::string& context, std::string id,
                   const CancelToken& cancel)
    : peer_(peer), request_(request), context_(context), id_(std::move(id)), cancel_(cancel) {}

llvm::Expected<std::unique_ptr<PeerTool>> PeerTool::make(Peer peer, const BenchRequest& request,
                                                         const std::string& context, std::string id,
                                                         const CancelToken& cancel) {
  std::unique_ptr<PeerTool> tool(new PeerTool(peer, request, context, std::move(id), cancel));
  if (auto error = tool->check()) return withContext(std::move(error), "--against " + nameOf(peer));
  return tool;
}

llvm::Error PeerTool::check() {
  if (!findProgram(programOf(peer_)))
    return fault(FaultKind::NotFound, "there is no program '" + programOf(peer_) + "'; install it, or leave it out");
  facts_.name = nameOf(peer_).str();
  for (Words& words : checkWords(peer_)) {
    auto answer = runProcess({.argv = std::move(words), .cancel = &cancel_});
    if (!answer) return answer.takeError();
    if (answer->exitCode != 0)
      return fault(FaultKind::Unavailable, "it does not work here: " + firstLine(answer->errors));
    facts_.version = versionIn(answer->output);
  }
  return worksItself() ? makeStore() : llvm::Error::success();
}

llvm::Error PeerTool::makeStore() {
  if (!inInitialUserNamespace())
    return fault(FaultKind::Unsupported,
                 "it has no rights of its own in the user namespace in which strata works for an ordinary user; run "
                 "the benchmark as root");
  auto driver = runProcess({.argv = driverWords(peer_), .cancel = &cancel_});
  if (!driver) return driver.takeError();
  if (driver->exitCode == 0) store_.driver = firstLine(driver->output);
  auto run = TempDir::make("/tmp", "strata-bench-");
  if (!run) return run.takeError();
  run_ = std::move(*run);
  store_.run = run_->path();
  store_.root = joinPath(request_.directory, facts_.name);
  return llvm::Error::success();
}

PeerTool::~PeerTool() {
  CancelToken never;
  std::reverse(names_.begin(), names_.end());  // what was built before what it stands on
  if (!worksItself() && !names_.empty())
    llvm::consumeError(measure(callOf(removeWords(peer_, store_, names_)), never).takeError());
  // What podman and buildah leave mounted keeps their directory from being removed.
  llvm::StringRef place = store_.driver.empty() ? "overlay" : llvm::StringRef(store_.driver);
  if (!store_.root.empty()) ::umount2(joinPath(store_.root, place).c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

llvm::Error PeerTool::bringBases(StrataTool& strata) {
  movable_ = strata.movable();
  for (const BenchBase& base : request_.bases) {
    if (auto error = checkOnePlatform(base)) return error;
    auto found = measure(callOf(findWords(peer_, store_, base.name)), cancel_);
    if (!found) return found.takeError();
    if (found->exitCode == 0) {
      if (auto error = checkSame(base, found->output, strata)) return error;
      continue;
    }
    if (auto error = base.isPinned ? pullBase(base) : loadBase(base, strata)) return error;
    names_.push_back(base.name);
  }
  return llvm::Error::success();
}

/// The peers have one image by a name.
llvm::Error PeerTool::checkOnePlatform(const BenchBase& base) const {
  auto isOther = [&](const BenchBase& one) { return one.name == base.name && one.platform != base.platform; };
  if (base.isPinned || !base.isHere || llvm::none_of(request_.bases, isOther)) return llvm::Error::success();
  return fault(FaultKind::Unsupported, "the base image " + base.name + " is needed for several platforms, and " +
                                           nameOf(peer_) + " has room for one of them by that name; measure with one " +
                                           "--platform, or leave it out");
}

/// What a daemon has by the base's name may be older than the user's own. Of several platforms it has one.
llvm::Error PeerTool::checkSame(const BenchBase& base, llvm::StringRef layers, const StrataTool& strata) const {
  if (worksItself() || llvm::is_contained(names_, base.name)) return llvm::Error::success();  // we brought it
  for (const BenchBase& one : request_.bases) {
    if (one.name != base.name) continue;
    auto config = strata.configOf(one);
    if (!config) return config.takeError();
    if (!*config || layers.trim() == layersText(**config)) return llvm::Error::success();
  }
  return fault(FaultKind::Invalid, nameOf(peer_) + " has another image by the name " + base.name +
                                       " than strata builds on, and times could not be compared; pull it with both");
}

llvm::Error PeerTool::loadBase(const BenchBase& base, StrataTool& strata) {
  std::string archive = joinPath(request_.directory, "base.tar");
  if (auto error = strata.saveBase(base, archive)) return error;
  if (auto error = succeed(loadWords(peer_, store_, archive), "load the base image " + base.name)) return error;
  return removeTree(archive);
}

/// None of them takes a digest's word for it but from the registry.
llvm::Error PeerTool::pullBase(const BenchBase& base) {
  return succeed(pullWords(peer_, store_, base), ("pull the base image " + base.name + " with " + nameOf(peer_)).str());
}

std::optional<std::string> PeerTool::whyNot(Workload workload) const {
  if (workload == Workload::BaseMoved && !worksItself()) return "a daemon's images stay as they are";
  if (workload == Workload::Fresh) return "it is measured for strata alone";
  return std::nullopt;
}

llvm::Error PeerTool::succeed(Words words, llvm::StringRef doing) const {
  return measureSuccess(callOf(std::move(words)), doing, cancel_).takeError();
}

llvm::Error PeerTool::begin(Workload workload) {
  if (workload == Workload::Cold) return llvm::Error::success();
  if (auto error = build(UseCache::Yes).takeError()) return error;
  return workload == Workload::BaseMoved ? nameBases(false) : llvm::Error::success();
}

llvm::Error PeerTool::prepare(Workload workload, unsigned round) {
  if (workload == Workload::BaseMoved) return moveBases(round);
  if (workload != Workload::Push) return llvm::Error::success();
  if (auto error = place_->empty()) return error;
  names_.push_back(place_->nameFor(nameOf(peer_), round));
  return succeed(tagWords(peer_, store_, image_, names_.back()), "name the image for the registry");
}

llvm::Error PeerTool::end(Workload workload) {
  return workload == Workload::BaseMoved ? nameBases(true) : llvm::Error::success();
}

/// Gives the bases' names to what they stood for at first, or that a name by which it is found again.
llvm::Error PeerTool::nameBases(bool original) {
  for (size_t number = 0; number < movable_.size(); ++number) {
    std::string name = movable_[number].canonical, kept = keptName(number);
    if (original) std::swap(name, kept);
    if (auto error = succeed(tagWords(peer_, store_, name, kept), "name a base image")) return error;
  }
  return llvm::Error::success();
}

llvm::Error PeerTool::moveBases(unsigned round) {
  for (size_t number = 0; number < movable_.size(); ++number) {
    auto context = writeMovedBase(request_.directory, keptName(number), round);
    if (!context) return context.takeError();
    BuildFlags flags{.platforms = {movable_[number].platform}};
    Words words = buildWords(peer_, store_, flags, UseCache::Yes, movable_[number].canonical, *context);
    if (auto error = succeed(std::move(words), ("make a newer base image with " + nameOf(peer_)).str())) return error;
  }
  return llvm::Error::success();
}

llvm::Expected<Measurement> PeerTool::run(Workload workload, unsigned round) {
  if (workload == Workload::Push) return push(place_->nameFor(nameOf(peer_), round));
  return build(workload == Workload::Cold ? UseCache::No : UseCache::Yes);
}

/// A name for each build: one that moved on would leave an image without any.
std::string PeerTool::newName() { return "strata-bench-" + id_ + ":" + std::to_string(++builds_); }

llvm::Expected<Measurement> PeerTool::build(UseCache cache) {
  image_ = newName();
  names_.push_back(image_);
  auto run = measureSuccess(callOf(buildWords(peer_, store_, request_.flags, cache, image_, context_)),
                            ("build with " + nameOf(peer_)).str(), cancel_);
  if (!run) return run.takeError();
  return Measurement{.run = std::move(*run), .build = {}, .pushedBytes = {}};
}

llvm::Expected<Measurement> PeerTool::push(const std::string& name) {
  auto run = measureSuccess(callOf(pushWords(peer_, store_, name)), ("push with " + nameOf(peer_)).str(), cancel_);
  if (!run) return run.takeError();
  auto size = place_->size();
  if (!size) return size.takeError();
  return Measurement{.run = std::move(*run), .build = {}, .pushedBytes = *size};
}

}  // namespace strata::analyzer
