/// What a step's key costs, of so many named components: most are the environment's.
#include "builder/solve/hash_components.h"

#include <benchmark/benchmark.h>

namespace strata::builder {
namespace {

void keyOfComponents(benchmark::State& state) {
  std::vector<KeyComponent> components = {
      {.kind = KeyComponent::Kind::Instruction, .value = "RUN make -j4 && make install"},
      {.kind = KeyComponent::Kind::Parent, .value = digestOf("parent").hex()}};
  while (int64_t(components.size()) < state.range(0))
    components.push_back({.kind = KeyComponent::Kind::Env,
                          .name = "NAME" + std::to_string(components.size()),
                          .value = "/usr/local/lib/python3/site-packages",
                          .where = "Dockerfile:3"});
  for (auto _ : state) {
    Hasher hasher;
    hashComponents(components, hasher);
    benchmark::DoNotOptimize(hasher.finish());
  }
}
BENCHMARK(keyOfComponents)->ArgName("components")->Arg(4)->Arg(32)->Arg(256)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace strata::builder
