#include "builder/solve/worker_pool.h"

#include <benchmark/benchmark.h>

namespace strata::builder {
namespace {
/// What it costs to hand one piece of work to a thread and to hear that it has ended.
void submitAndFinish(benchmark::State& state) {
  WorkerPool pool({2, 2});
  for (auto _ : state) {
    pool.submit(WorkerPool::Kind::Cpu, 1, [] {});
    benchmark::DoNotOptimize(pool.nextFinished());
  }
}
BENCHMARK(submitAndFinish)->Unit(benchmark::kMicrosecond);

/// The same of many pieces at once, as in a plan that is wide: threads are awake then.
void submitAndFinishMany(benchmark::State& state) {
  WorkerPool pool({2, 2});
  for (auto _ : state) {
    for (int64_t i = 0; i < state.range(0); ++i) pool.submit(WorkerPool::Kind::Cpu, uint32_t(i), [] {});
    for (int64_t i = 0; i < state.range(0); ++i) benchmark::DoNotOptimize(pool.nextFinished());
  }
  state.counters["piece"] = benchmark::Counter(
      double(state.range(0)), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(submitAndFinishMany)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();
}  // namespace
}  // namespace strata::builder
