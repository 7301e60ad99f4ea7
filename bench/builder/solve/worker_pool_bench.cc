#include "builder/solve/worker_pool.h"

#include <benchmark/benchmark.h>

namespace strata::builder {
namespace {
/// What it costs to hand one piece of work to a thread and to hear that it has ended.
void submitAndFinish(benchmark::State& state) {
  WorkerPool pool(2, 2);
  for (auto _ : state) {
    pool.submit(WorkerPool::Kind::Cpu, 1, [] {});
    benchmark::DoNotOptimize(pool.nextFinished());
  }
}
BENCHMARK(submitAndFinish)->Unit(benchmark::kMicrosecond);
}  // namespace
}  // namespace strata::builder
