#include "builder/plan/make_plan.h"

#include "support/fault.h"

#include <benchmark/benchmark.h>

namespace strata::builder {
namespace {
std::string dockerfileOf(int64_t instructions) {
  std::string text = "FROM base\nARG VERSION=1\n";
  for (int64_t i = 2; i < instructions; ++i) {
    switch (i % 4) {
      case 0:
        text += "RUN make -j4 part" + std::to_string(i) + " VERSION=$VERSION\n";
        break;
      case 1:
        text += "COPY src/part" + std::to_string(i) + " /src/\n";
        break;
      case 2:
        text += "ENV NAME" + std::to_string(i % 40) + "=value$VERSION\n";
        break;
      default:
        text += "WORKDIR /work/" + std::to_string(i) + "\n";
        break;
    }
  }
  return text;
}

/// Text to plan, for 10 to 10,000 instructions: linear if the last column stays flat.
void readAndPlan(benchmark::State& state) {
  auto source = std::make_shared<SourceText>("Dockerfile", dockerfileOf(state.range(0)));
  PlanOptions options;
  for (auto _ : state) {
    auto file = readDockerfile(source);
    if (!file) return state.SkipWithError(messageOf(file.takeError()).c_str());
    auto plan =
        makePlan(*file, options, [](llvm::StringRef, const layerfs::Platform&) -> llvm::Expected<ResolvedImage> {
          return ResolvedImage{.id = digestOf("base"), .canonical = "docker.io/library/base:latest"};
        });
    if (!plan) return state.SkipWithError(messageOf(plan.takeError()).c_str());
    benchmark::DoNotOptimize(plan->vertices.size());
    state.PauseTiming();  // giving back a plan is no part of making one
    plan->vertices.clear();
    state.ResumeTiming();
  }
  state.counters["per_instruction"] = benchmark::Counter(
      double(state.range(0)), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Planning alone, of a file that has been read.
void planOnly(benchmark::State& state) {
  auto file = readDockerfile(std::make_shared<SourceText>("Dockerfile", dockerfileOf(state.range(0))));
  if (!file) return state.SkipWithError(messageOf(file.takeError()).c_str());
  PlanOptions options;
  for (auto _ : state) {
    auto plan =
        makePlan(*file, options, [](llvm::StringRef, const layerfs::Platform&) -> llvm::Expected<ResolvedImage> {
          return ResolvedImage{.id = digestOf("base"), .canonical = "docker.io/library/base:latest"};
        });
    if (!plan) return state.SkipWithError(messageOf(plan.takeError()).c_str());
    benchmark::DoNotOptimize(plan->vertices.size());
    state.PauseTiming();  // giving back a plan is no part of making one
    plan->vertices.clear();
    state.ResumeTiming();
  }
  state.counters["per_instruction"] = benchmark::Counter(
      double(state.range(0)), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(planOnly)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(readAndPlan)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMicrosecond);
}  // namespace
}  // namespace strata::builder
