/// SHA-256 as strata uses it: of small documents and keys, and of what streams.
#include "support/digest.h"

#include <benchmark/benchmark.h>

namespace strata {
namespace {

void hash(benchmark::State& state) {
  std::string bytes(size_t(state.range(0)), 'b');
  for (auto _ : state) benchmark::DoNotOptimize(digestOf(bytes));
  state.SetBytesProcessed(int64_t(state.iterations()) * state.range(0));
}
BENCHMARK(hash)->ArgName("bytes")->Arg(64)->Arg(4 << 10)->Arg(1 << 20)->Unit(benchmark::kMicrosecond);

void hashFields(benchmark::State& state) {
  std::string name = "NAME", value(40, 'v');
  for (auto _ : state) {
    Hasher hasher;
    for (int64_t i = 0; i < state.range(0); ++i) hasher.field(name).field(value);
    benchmark::DoNotOptimize(hasher.finish());
  }
}
BENCHMARK(hashFields)->ArgName("pairs")->Arg(32)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace strata
