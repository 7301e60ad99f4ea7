#include "analyzer/bench/bench.h"

#include "analyzer/bench/context_files.h"
#include "analyzer/bench/copied_directory.h"
#include "analyzer/bench/peer_tool.h"
#include "analyzer/bench/push_place.h"
#include "analyzer/bench/rounds.h"
#include "analyzer/bench/strata_tool.h"
#include "analyzer/bench/touched_file.h"
#include "analyzer/findings/redactor.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

namespace {

/// All that takes part. Tools are gone before the registry, and both before the directory.
class Bench {
public:
  Bench(const BenchRequest& request, llvm::function_ref<void(const std::string&)> tell, const CancelToken& cancel)
      : request_(request), tell_(tell), cancel_(cancel), context_(joinPath(request.directory, "context")) {}

  llvm::Expected<BenchReport> run() {
    if (auto error = checkNamedFiles()) return error;
    if (auto error = findPeers()) return error;
    tell_("preparing: base images and a first build");
    if (auto error = copyDirectory(request_.context, context_, cancel_)) return error;
    if (auto error = prepareStrata()) return error;
    if (auto error = chooseFiles()) return error;
    if (auto error = preparePush()) return error;
    for (const auto& peer : peers_)
      if (auto error = peer->bringBases(*strata_)) return error;
    return measureAll();
  }

private:
  llvm::Error checkNamedFiles() {
    auto files = ContextFiles::open(request_.context);
    if (!files) return files.takeError();
    for (const std::string& path : {request_.touched, request_.dependency})
      if (!path.empty() && !files->has(path))
        return fault(FaultKind::Invalid,
                     "the context has no regular file " + printable(path) + "; links in it are not followed");
    return llvm::Error::success();
  }

  llvm::Error findPeers() {
    auto peers = peersFrom(request_.peers);
    if (!peers) return peers.takeError();
    for (AskedPeer asked : *peers) {
      auto tool = PeerTool::make(asked.peer, request_, context_, id_, cancel_);
      if (tool) {
        peers_.push_back(std::move(*tool));
        continue;
      }
      llvm::Error error = tool.takeError();
      if (asked.byName || kindOf(error) == FaultKind::Cancelled) return error;
      tell_("left out: " + messageOf(std::move(error)));
    }
    return llvm::Error::success();
  }

  llvm::Error prepareStrata() {
    auto strata = StrataTool::make(request_, context_, cancel_);
    if (!strata) return strata.takeError();
    strata_ = std::move(*strata);
    return llvm::Error::success();
  }

  llvm::Error chooseFiles() {
    touched_ = request_.touched;
    dependency_ = request_.dependency;
    if (!touched_.empty() && !dependency_.empty()) return llvm::Error::success();
    auto files = strata_->files();
    if (!files) return files.takeError();
    auto chosen = chooseTouched(request_.context, *files, request_.changedFiles, cancel_);
    if (!chosen) return chosen.takeError();
    if (touched_.empty()) touched_ = chosen->value_or("");
    if (dependency_.empty()) dependency_ = chooseDependency(*files).value_or("");
    return llvm::Error::success();
  }

  llvm::Error preparePush() {
    if (!llvm::is_contained(request_.workloads, Workload::Push)) return llvm::Error::success();
    if (!request_.registry.empty()) {
      place_ = PushPlace::named(request_.registry, id_);
    } else if (auto program = findRegistryProgram()) {
      auto place = PushPlace::start(*program, joinPath(request_.directory, "registry"), id_, cancel_);
      if (place) {
        place_ = std::move(*place);
      } else {
        llvm::Error error = place.takeError();
        if (kindOf(error) == FaultKind::Cancelled) return error;
        whyNoPush_ = messageOf(std::move(error)) + "; name a registry with --registry";
      }
    }
    strata_->pushTo(place_.get());
    for (const auto& peer : peers_) peer->pushTo(place_.get());
    return llvm::Error::success();
  }

  llvm::Error change(Workload workload) {
    if (workload != Workload::File && workload != Workload::Dependency) return llvm::Error::success();
    auto files = ContextFiles::open(context_);
    if (!files) return files.takeError();
    return files->grow(workload == Workload::File ? touched_ : dependency_);
  }

  /// What of the project keeps a workload from making sense.
  std::optional<std::string> whyNot(Workload workload) const {
    if (workload == Workload::File && touched_.empty()) return "the build takes no file of the context";
    if (workload == Workload::Dependency && dependency_.empty())
      return "no file that the build takes names dependencies: name one with --dependency";
    if (workload == Workload::Push) return whyNoPush_;
    return std::nullopt;
  }

  llvm::Expected<BenchReport> measureAll() {
    std::vector<Tool*> tools{strata_.get()};
    for (const auto& peer : peers_) tools.push_back(peer.get());
    auto changeFor = [this](Workload workload) { return change(workload); };
    RoundPlan plan{.rounds = request_.rounds, .warmUp = request_.warmUp, .change = changeFor, .tell = tell_};
    BenchReport report{.context = request_.context,
                       .dockerfile = request_.flags.dockerfile,
                       .rounds = request_.rounds,
                       .warmUp = request_.warmUp,
                       .touched = touched_,
                       .dependency = dependency_};
    for (const Tool* tool : tools) report.tools.push_back(tool->facts());
    StepTimes steps;
    for (Workload workload : request_.workloads) {
      auto figures = measureWorkload(workload, whyNot(workload), tools, plan, steps);
      if (!figures) return figures.takeError();
      report.workloads.push_back(std::move(*figures));
    }
    report.steps = steps.figures();
    for (StepFigures& step : report.steps) step.name = Redactor().apply(step.name);
    return report;
  }

  const BenchRequest& request_;
  llvm::function_ref<void(const std::string&)> tell_;
  const CancelToken& cancel_;
  const std::string context_;
  const std::string id_ = builder::Journal::makeId();
  std::string touched_, dependency_;
  std::unique_ptr<PushPlace> place_;
  std::optional<std::string> whyNoPush_;
  std::unique_ptr<StrataTool> strata_;
  std::vector<std::unique_ptr<PeerTool>> peers_;
};

}  // namespace

llvm::Expected<BenchReport> runBench(const BenchRequest& request, llvm::function_ref<void(const std::string&)> tell,
                                     const CancelToken& cancel) {
  return Bench(request, tell, cancel).run();
}

}  // namespace strata::analyzer
