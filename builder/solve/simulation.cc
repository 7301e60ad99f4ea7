#include "builder/solve/simulation.h"

#include "builder/solve/worker_pool.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>
#include <limits>
#include <queue>

namespace strata::builder {

namespace {
enum class Runs { Wait, Compute };

/// A plan with what all machines have in common.
class TimedPlan {
public:
  TimedPlan(const Plan& plan, const RecordedTimes& recorded) : plan_(plan), dependents_(plan.vertices.size()) {
    for (const std::optional<int64_t>& time : recorded) times_.push_back(std::max<int64_t>(time.value_or(0), 0));
    ways_ = times_;
    for (const Vertex& vertex : llvm::reverse(plan.vertices))  // inputs have smaller numbers
      for (VertexId input : vertex.inputs) {
        ways_[input] = std::max(ways_[input], times_[input] + ways_[vertex.id]);
        dependents_[input].push_back(vertex.id);
      }
  }

  const Plan& plan() const { return plan_; }
  int64_t time(VertexId id) const { return times_[id]; }
  /// From the begin of a vertex to the end of the longest chain that begins with it.
  int64_t way(VertexId id) const { return ways_[id]; }
  llvm::ArrayRef<VertexId> dependents(VertexId id) const { return dependents_[id]; }

private:
  const Plan& plan_;
  std::vector<int64_t> times_, ways_;
  std::vector<std::vector<VertexId>> dependents_;
};

/// One run through the plan, from one vertex's end to the next one's.
class Course {
public:
  Course(const TimedPlan& plan, WorkerLimits limits, Runs runs)
      : plan_(plan),
        cores_(limits.cpu),
        slots_(limits.blocking),
        runs_(runs),
        computing_(Later{plan}),
        blocking_(Later{plan}) {}

  int64_t run() {
    for (const Vertex& vertex : plan_.plan().vertices) missing_.push_back(uint32_t(vertex.inputs.size()));
    for (const Vertex& vertex : plan_.plan().vertices)
      if (vertex.inputs.empty()) makeReady(vertex.id);
    for (startReady(); !running_.empty(); startReady()) endNext();
    return now_;
  }

private:
  /// Orders a heap so that the longest way is on top; of equal ones the earlier vertex.
  struct Later {
    const TimedPlan& plan;
    bool operator()(VertexId a, VertexId b) const {
      return plan.way(a) != plan.way(b) ? plan.way(a) < plan.way(b) : a > b;
    }
  };
  using Heap = std::priority_queue<VertexId, std::vector<VertexId>, Later>;

  bool isBlocking(VertexId id) const { return blocks(plan_.plan(), plan_.plan().vertices[id]); }
  bool takesCore(VertexId id) const {
    bool isRun = plan_.plan().vertices[id].as<RunOp>();
    return isRun ? runs_ == Runs::Compute : !isBlocking(id);
  }

  /// What takes no time is over at once, and so on with what waited for it.
  void makeReady(VertexId id) {
    std::vector<VertexId> ready = {id};
    while (!ready.empty()) {
      VertexId next = ready.back();
      ready.pop_back();
      if (plan_.time(next) > 0) {
        (isBlocking(next) ? blocking_ : computing_).push(next);
        continue;
      }
      for (VertexId dependent : plan_.dependents(next))
        if (--missing_[dependent] == 0) ready.push_back(dependent);
    }
  }

  bool canStart(const Heap& heap) const {
    if (heap.empty()) return false;
    return (!isBlocking(heap.top()) || slots_ > 0) && (!takesCore(heap.top()) || cores_ > 0);
  }

  void startReady() {
    for (;;) {
      bool computes = canStart(computing_), blocks = canStart(blocking_);
      if (!computes && !blocks) return;
      bool isLater = computes && blocks && Later{plan_}(computing_.top(), blocking_.top());
      start(computes && !isLater ? computing_ : blocking_);
    }
  }

  void start(Heap& heap) {
    VertexId id = heap.top();
    heap.pop();
    if (isBlocking(id)) --slots_;
    if (takesCore(id)) --cores_;
    running_.emplace(now_ + plan_.time(id), id);
  }

  void endNext() {
    auto [end, id] = running_.top();
    running_.pop();
    now_ = end;
    if (isBlocking(id)) ++slots_;
    if (takesCore(id)) ++cores_;
    for (VertexId dependent : plan_.dependents(id))
      if (--missing_[dependent] == 0) makeReady(dependent);
  }

  const TimedPlan& plan_;
  unsigned cores_, slots_;  ///< that are free
  Runs runs_;
  Heap computing_, blocking_;  ///< ready to be started
  using Ending = std::pair<int64_t, VertexId>;
  std::priority_queue<Ending, std::vector<Ending>, std::greater<Ending>> running_;
  std::vector<uint32_t> missing_;
  int64_t now_ = 0;
};

/// The chain with the longest way; of equal ones that of the earlier vertices.
std::vector<VertexId> criticalOf(const TimedPlan& plan) {
  std::vector<VertexId> chain;
  auto longest = [&](const auto& ids) -> std::optional<VertexId> {
    std::optional<VertexId> best;
    for (VertexId id : ids)
      if (!best || plan.way(id) > plan.way(*best) || (plan.way(id) == plan.way(*best) && id < *best)) best = id;
    return best;
  };
  std::vector<VertexId> first;
  for (const Vertex& vertex : plan.plan().vertices)
    if (vertex.inputs.empty()) first.push_back(vertex.id);
  for (auto at = longest(first); at; at = longest(plan.dependents(*at)))
    if (plan.time(*at) > 0) chain.push_back(*at);
  return chain;
}

SimulatedMachine timesOn(const TimedPlan& plan, std::optional<unsigned> cores, int64_t criticalTime) {
  if (!cores) return {cores, criticalTime, criticalTime};
  return {cores, Course(plan, limitsOf(*cores), Runs::Wait).run(), Course(plan, limitsOf(*cores), Runs::Compute).run()};
}
}  // namespace

Simulation simulate(const Plan& plan, const RecordedTimes& times, llvm::ArrayRef<std::optional<unsigned>> machines) {
  TimedPlan timed(plan, times);
  Simulation simulation{.critical = criticalOf(timed)};
  for (VertexId id : simulation.critical) simulation.criticalTime += timed.time(id);
  for (const Vertex& vertex : plan.vertices) {
    simulation.work += timed.time(vertex.id);
    if (vertex.step && !vertex.as<ImageOp>() && !times[vertex.id]) simulation.unrecorded.push_back(vertex.id);
  }
  for (std::optional<unsigned> cores : machines)
    simulation.machines.push_back(timesOn(timed, cores, simulation.criticalTime));
  return simulation;
}

}  // namespace strata::builder
