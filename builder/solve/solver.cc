#include "builder/solve/solver.h"

#include "builder/plan/planned_step.h"
#include "layerfs/ids.h"
#include "support/cores.h"
#include "support/text.h"

namespace strata::builder {

using Outcome = BuildStep::Outcome;

namespace {
/// What went wrong, without the excerpt of the Dockerfile above it.
std::string lastLineOf(llvm::StringRef failure) {
  llvm::StringRef last = failure.rsplit('\n').second;
  return (last.empty() ? failure : last).str();
}
}  // namespace

Solver::Solver(const Plan& plan, const SourceText& source, layerfs::Store& store, RecordStore& records,
               OutputStore& outputs, TreeStore& trees, SolveSources sources, ProgressSink& progress,
               const CancelToken& cancel, SolveOptions options)
    : plan_(plan),
      source_(source),
      store_(store),
      records_(records),
      outputs_(outputs),
      trees_(trees),
      sources_(sources),
      progress_(progress),
      cancel_(cancel),
      options_(std::move(options)),
      cutoff_(store, outputs, trees, cancel),
      caches_(store.root(), store.staging()),
      agents_(options_.run.ssh, store.staging()),
      workers_(limitsOf(usableCores(), options_.blockingLimit)) {
  scratch_.state = digestOf("scratch");
}

Solver::~Solver() = default;

SolveResult Solver::run() {
  size_t count = plan_.vertices.size();
  work_ = std::vector<Work>(count);
  dependents_.assign(count, {});
  exported_.assign(count, false);
  for (const PlanResult& result : plan_.results)
    for (std::optional<VertexId> id = result.files; id; id = plan_.vertices[*id].parent) exported_[*id] = true;
  for (const Vertex& vertex : plan_.vertices) {
    Work& work = work_[vertex.id];
    work.missing = uint32_t(vertex.inputs.size());
    for (VertexId input : vertex.inputs) dependents_[input].push_back(vertex.id);
    work.step = plannedStep(vertex, plan_.file);
    if (work.missing == 0) makeReady(vertex.id);
  }
  runsLater_.assign(count, false);
  for (const Vertex& vertex : llvm::reverse(plan_.vertices))
    runsLater_[vertex.id] = llvm::any_of(dependents_[vertex.id], [&](VertexId dependent) {
      return plan_.vertices[dependent].as<RunOp>() || runsLater_[dependent];
    });
  while (hasReady() || running_ > 0) {
    if (hasReady()) {
      begin(takeReady());
    } else {
      VertexId id = workers_.nextFinished();
      --running_;
      end(id);
    }
  }
  workers_.waitForBackground();
  for (auto& [name, directory] : directories_) llvm::consumeError(directory.files->saveIndex());

  SolveResult result;
  for (const Vertex& vertex : plan_.vertices) {
    Work& work = work_[vertex.id];
    if (work.failure && work.step.outcome == Outcome::Failed) {
      result.failure = result.failure ? *result.failure + "\n" + *work.failure : *work.failure;
      result.failureKind = work.failureKind;
    }
    if (vertex.step) result.steps.push_back(std::move(work.step));
    result.vertices.push_back(std::move(work.result));
  }
  if (!result.failure && cancel_.cancelled()) {
    result.failure = "the build was stopped";
    result.failureKind = FaultKind::Cancelled;
  }
  return result;
}

void Solver::makeReady(VertexId id) { (plan_.vertices[id].as<ContextFilesOp>() ? readyWalks_ : ready_).push_back(id); }

/// Look-ups before the walk of the context: they are cheap, and what they miss can run beside the walk. But the walk
/// first while a look-up might have to wait for a cache elsewhere.
VertexId Solver::takeReady() {
  bool walkFirst = options_.exchange && options_.exchange->imports() && !options_.exchange->isReady();
  std::deque<VertexId>& first = walkFirst ? readyWalks_ : ready_;
  std::deque<VertexId>& other = walkFirst ? ready_ : readyWalks_;
  std::deque<VertexId>& from = first.empty() ? other : first;
  VertexId id = from.front();
  from.pop_front();
  return id;
}

void Solver::begin(VertexId id) {
  const Vertex& vertex = plan_.vertices[id];
  Work& work = work_[id];
  work.stage = Work::Stage::Running;
  work.step.started = nowNanoseconds();
  if (failed_) {
    skip(id, *failed_);
    return end(id);
  }
  if (cancel_.cancelled()) {
    work.step.outcome = Outcome::Cancelled;
    return end(id);
  }
  work.mayDefer = mayDefer(id);
  addInputComponents(vertex, work);
  auto known = lookUp(vertex, work);
  if (known && *known) return end(id);
  if (!known) {
    auto error = known.takeError();
    work.failureKind = kindOf(error);
    work.failure = messageOf(std::move(error));
    work.step.outcome = Outcome::Failed;
    return end(id);
  }
  auto task = [this, &vertex, &work] {
    auto error = execute(vertex, work);
    if (!error) return;
    work.failureKind = kindOf(error);
    work.failure = messageOf(std::move(error));
    work.step.outcome = work.failureKind == FaultKind::Cancelled ? Outcome::Cancelled : Outcome::Failed;
  };
  bool alone = running_ == 0 && !hasReady() && vertex.as<ContextFilesOp>();
  if (alone) {  // nothing to run beside: save the thread
    task();
    return end(id);
  }
  ++running_;
  workers_.submit(blocks(plan_, vertex) ? WorkerPool::Kind::Blocking : WorkerPool::Kind::Cpu, id, std::move(task));
}

/// With all that cannot be done any more: one after the other, because a chain of them may be longer than the stack.
void Solver::end(VertexId id) {
  std::deque<VertexId> ending = {id};
  for (; !ending.empty(); ending.pop_front()) {
    close(ending.front());
    for (VertexId dependent : dependents_[ending.front()])
      if (endsWith(dependent, ending.front())) ending.push_back(dependent);
  }
}

void Solver::close(VertexId id) {
  Work& work = work_[id];
  work.stage = Work::Stage::Ended;
  int64_t now = nowNanoseconds();
  if (work.step.started == 0) work.step.started = now;  // skipped or cancelled before it began
  work.step.duration = now - work.step.started;
  if (work.step.outcome == Outcome::Failed) work.step.error = lastLineOf(*work.failure);
  report(id);
  if (work.step.outcome == Outcome::Failed && !failed_) failed_ = id;
}

/// Tells a vertex that its input has ended; true where that is its own end, too.
bool Solver::endsWith(VertexId id, VertexId input) {
  Work& work = work_[id];
  const Work& ended = work_[input];
  if (work.stage != Work::Stage::Waiting) return false;
  if (ended.result) {
    if (--work.missing == 0) makeReady(id);
    return false;
  }
  work.stage = Work::Stage::Running;
  if (ended.step.outcome == Outcome::Cancelled)
    work.step.outcome = Outcome::Cancelled;
  else
    skip(id, ended.because.value_or(input));
  return true;
}

void Solver::skip(VertexId id, VertexId because) {
  work_[id].step.outcome = Outcome::Skipped;
  work_[id].because = because;
}

void Solver::reportStart(const Vertex& vertex) {
  progress_.onStep({.step = vertex.id, .state = StepState::Started, .name = vertex.name});
}

void Solver::report(VertexId id) {
  const Vertex& vertex = plan_.vertices[id];
  const Work& work = work_[id];
  StepNews news{.step = id, .name = vertex.name};
  switch (work.step.outcome) {
    case Outcome::Hit:
      news.state = StepState::Cached;
      break;
    case Outcome::Executed:
      news.state = StepState::Done;
      if (work.step.unchanged) news.text = "same files as before";
      break;
    case Outcome::Failed:
      news.state = StepState::Failed;
      news.text = work.step.error;
      break;
    case Outcome::Cancelled:
      news.state = StepState::Cancelled;
      break;
    case Outcome::Skipped:
      news.state = StepState::Skipped;
      news.because = work.because;
      break;
  }
  progress_.onStep(news);
}

bool Solver::usesCache(const Vertex& vertex) const {
  auto isThis = [&](llvm::StringRef stage) { return stage.equals_insensitive(vertex.stage); };
  return !options_.noCache && llvm::none_of(options_.noCacheStages, isThis);
}

const VertexResult& Solver::parentOf(const Vertex& vertex) const {
  return vertex.parent ? *work_[*vertex.parent].result : scratch_;
}

}  // namespace strata::builder
