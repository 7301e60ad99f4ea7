#include "builder/plan/merge_plans.h"

#include <llvm/ADT/STLExtras.h>

#include <map>
#include <tuple>

namespace strata::builder {

namespace {
class Merger {
public:
  explicit Merger(Plan first) : plan_(std::move(first)) { remember(0); }

  void add(Plan other) {
    std::vector<VertexId> numbers(other.vertices.size());
    size_t before = plan_.vertices.size();
    for (Vertex& vertex : other.vertices) {
      VertexId old = vertex.id;
      numbers[old] = VertexId(plan_.vertices.size());
      renumber(vertex, numbers);  // its inputs have their new numbers already
      if (auto same = findSame(vertex))
        numbers[old] = *same;
      else
        plan_.vertices.push_back(std::move(vertex));
    }
    remember(before);
    for (PlanResult& result : other.results) {
      if (result.files) result.files = numbers[*result.files];
      for (PlannedHistory& entry : result.history)
        if (entry.vertex) entry.vertex = numbers[*entry.vertex];
      plan_.results.push_back(std::move(result));
    }
  }

  Plan take() {
    plan_.stepCount = 0;
    for (Vertex& vertex : plan_.vertices)
      if (vertex.step) vertex.step = plan_.stepCount++;
    return std::move(plan_);
  }

private:
  /// What is cheap to compare; few vertices share it.
  using Bucket = std::tuple<size_t, uint32_t, uint32_t, llvm::SmallVector<VertexId, 2>>;
  static Bucket bucketOf(const Vertex& vertex) {
    return {vertex.op.index(), vertex.stageIndex, vertex.range.firstLine(), vertex.inputs};
  }

  /// Only after a whole plan: two equal vertices of one plan are two steps.
  void remember(size_t from) {
    for (const Vertex& vertex : llvm::ArrayRef(plan_.vertices).drop_front(from))
      buckets_[bucketOf(vertex)].push_back(vertex.id);
  }

  std::optional<VertexId> findSame(const Vertex& vertex) const {
    auto bucket = buckets_.find(bucketOf(vertex));
    if (bucket == buckets_.end()) return std::nullopt;
    for (VertexId id : bucket->second) {
      const Vertex& known = plan_.vertices[id];
      if (known.op == vertex.op && known.parent == vertex.parent && known.ordinal == vertex.ordinal &&
          known.instruction == vertex.instruction)
        return id;
    }
    return std::nullopt;
  }

  Plan plan_;
  std::map<Bucket, std::vector<VertexId>> buckets_;
};
}  // namespace

Plan mergePlans(std::vector<Plan> plans) {
  if (plans.size() == 1) return std::move(plans.front());
  Merger merger(std::move(plans.front()));
  for (Plan& plan : llvm::drop_begin(plans)) merger.add(std::move(plan));
  return merger.take();
}

}  // namespace strata::builder
