#include "builder/plan/make_plan.h"

#include "support/fault.h"

#include <benchmark/benchmark.h>

#include <optional>

namespace strata::builder {
namespace {
std::shared_ptr<SourceText> plannedDockerfile(int64_t instructions) {
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
  return std::make_shared<SourceText>("Dockerfile", std::move(text));
}

llvm::Expected<Plan> planOf(const Dockerfile& file) {
  return makePlan(file, {}, [](llvm::StringRef, const layerfs::Platform&) -> llvm::Expected<ResolvedImage> {
    return ResolvedImage{.id = digestOf("base"), .canonical = "docker.io/library/base:latest"};
  });
}

/// Giving back what was made is no part of making it: a build does so once, when it is over.
template <typename... T>
void discard(benchmark::State& state, std::optional<T>&... made) {
  state.PauseTiming();
  (made.reset(), ...);
  state.ResumeTiming();
}

void countEach(benchmark::State& state) {
  state.counters["per_instruction"] = benchmark::Counter(
      double(state.range(0)), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Text to plan, for 10 to 10,000 instructions: linear if the last column stays flat.
void readAndPlan(benchmark::State& state) {
  auto source = plannedDockerfile(state.range(0));
  std::optional<llvm::Expected<Dockerfile>> file;
  std::optional<llvm::Expected<Plan>> plan;
  for (auto _ : state) {
    file.emplace(readDockerfile(source));
    if (!*file) return state.SkipWithError(messageOf(file->takeError()).c_str());
    plan.emplace(planOf(**file));
    if (!*plan) return state.SkipWithError(messageOf(plan->takeError()).c_str());
    discard(state, plan, file);
  }
  countEach(state);
}

/// Planning alone, of a file that has been read.
void planOnly(benchmark::State& state) {
  auto file = readDockerfile(plannedDockerfile(state.range(0)));
  if (!file) return state.SkipWithError(messageOf(file.takeError()).c_str());
  std::optional<llvm::Expected<Plan>> plan;
  for (auto _ : state) {
    plan.emplace(planOf(*file));
    if (!*plan) return state.SkipWithError(messageOf(plan->takeError()).c_str());
    discard(state, plan);
  }
  countEach(state);
}
BENCHMARK(planOnly)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(readAndPlan)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMicrosecond);
}  // namespace
}  // namespace strata::builder
