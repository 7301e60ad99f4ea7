#include "analyzer/history/timeline.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/STLExtras.h>

#include <algorithm>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;

llvm::DenseMap<uint32_t, size_t> positionsOf(const Build& build) {
  llvm::DenseMap<uint32_t, size_t> positions;
  for (size_t i = 0; i < build.steps.size(); ++i) positions.try_emplace(build.steps[i].index, i);
  return positions;
}

std::vector<size_t> dependenciesOf(const BuildStep& step, const llvm::DenseMap<uint32_t, size_t>& positions) {
  std::vector<size_t> dependencies;
  for (const builder::KeyComponent& component : step.components) {
    auto found = component.step ? positions.find(*component.step) : positions.end();
    if (found != positions.end()) dependencies.push_back(found->second);
  }
  llvm::sort(dependencies);
  dependencies.erase(std::unique(dependencies.begin(), dependencies.end()), dependencies.end());
  return dependencies;
}

int64_t durationOf(const BuildStep& step) { return std::max<int64_t>(step.duration, 0); }

/// The longest way that ends with each step: its length, and the step before.
class LongestWays {
public:
  explicit LongestWays(const Build& build) : build_(build), ways_(build.steps.size()) {
    auto positions = positionsOf(build);
    for (size_t i = 0; i < build.steps.size(); ++i) {
      Way& way = ways_[i];
      for (size_t before : dependenciesOf(build.steps[i], positions))
        // A step stands behind what it needs; an entry that says otherwise (it may come from elsewhere) has no way.
        if (before < i && ways_[before].length > way.length) way = {ways_[before].length, before};
      way.length += durationOf(build.steps[i]);
    }
  }

  std::vector<size_t> longest() const {
    std::vector<size_t> path;
    auto end = std::max_element(ways_.begin(), ways_.end(), [](auto& a, auto& b) { return a.length < b.length; });
    if (end == ways_.end() || end->length == 0) return path;
    for (std::optional<size_t> at = size_t(end - ways_.begin()); at; at = ways_[*at].before) path.push_back(*at);
    std::reverse(path.begin(), path.end());
    return path;
  }

private:
  struct Way {
    int64_t length = 0;
    std::optional<size_t> before;
  };
  const Build& build_;
  std::vector<Way> ways_;
};

}  // namespace

std::vector<size_t> dependenciesOf(const Build& build, size_t position) {
  return dependenciesOf(build.steps[position], positionsOf(build));
}

Timeline timelineOf(const Build& build) {
  Timeline timeline{.wall = std::max<int64_t>(build.duration, 0)};
  for (size_t i = 0; i < build.steps.size(); ++i) {
    timeline.work += durationOf(build.steps[i]);
    if (build.steps[i].duration > 0) timeline.slowest.push_back(i);
  }
  if (timeline.wall > 0) timeline.parallelism = double(timeline.work) / double(timeline.wall);
  llvm::stable_sort(timeline.slowest,
                    [&](size_t a, size_t b) { return build.steps[a].duration > build.steps[b].duration; });
  timeline.critical = LongestWays(build).longest();
  for (size_t position : timeline.critical) timeline.criticalWork += durationOf(build.steps[position]);
  return timeline;
}

std::vector<uint32_t> lanesOf(const Build& build) {
  std::vector<size_t> order(build.steps.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  llvm::stable_sort(order, [&](size_t a, size_t b) { return build.steps[a].started < build.steps[b].started; });
  std::vector<uint32_t> lanes(build.steps.size());
  std::vector<int64_t> freeFrom;
  for (size_t position : order) {
    const BuildStep& step = build.steps[position];
    auto lane = llvm::find_if(freeFrom, [&](int64_t time) { return time <= step.started; });
    if (lane == freeFrom.end()) lane = freeFrom.insert(freeFrom.end(), 0);
    *lane = step.started + durationOf(step);
    lanes[position] = uint32_t(lane - freeFrom.begin());
  }
  return lanes;
}

}  // namespace strata::analyzer
