#include "builder/frontend/instruction.h"

#include "builder/frontend/pattern.h"
#include "support/fault.h"

#include <benchmark/benchmark.h>

namespace strata::builder {
namespace {
/// What large Dockerfiles are made of: mostly RUN, COPY and ENV, some over several lines.
std::string dockerfileOf(int64_t instructions) {
  std::string text = "FROM base\n";
  for (int64_t i = 1; i < instructions; ++i) {
    std::string number = std::to_string(i);
    switch (i % 8) {
      case 0: text += "RUN --mount=type=cache,target=/root/.cache make -j4 part" + number + " && make install\n"; break;
      case 1: text += "COPY --chown=1:1 src/part" + number + " include/part" + number + " /src/\n"; break;
      case 2: text += "ENV NAME" + number + "=value OTHER=\"a b\"\n"; break;
      case 3: text += "WORKDIR /work/" + number + "\n"; break;
      case 4: text += "# what part " + number + " is for\nARG part" + number + "=1\n"; break;
      case 5: text += "RUN apt-get update \\\n    && apt-get install -y part" + number + " \\\n    && rm -r /var/lib/apt\n"; break;
      case 6: text += "CMD [\"/bin/part" + number + "\", \"--flag\"]\n"; break;
      default: text += "COPY <<EOF /etc/part" + number + "\nnumber=" + number + "\nEOF\n"; break;
    }
  }
  return text;
}

/// `read` over texts of 10 to 10,000 instructions; the growth is printed, and the time of one instruction.
template <typename Read>
void measure(benchmark::State& state, Read read) {
  auto source = std::make_shared<SourceText>("Dockerfile", dockerfileOf(state.range(0)));
  for (auto _ : state) {
    auto result = read(source);
    if (!result) return state.SkipWithError(messageOf(result.takeError()).c_str());
    benchmark::DoNotOptimize(&*result);
  }
  state.SetComplexityN(state.range(0));
  state.SetBytesProcessed(int64_t(state.iterations()) * int64_t(source->text().size()));
  state.counters["per_instruction"] = benchmark::Counter(
      double(state.range(0)), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void parseText(benchmark::State& state) { measure(state, [](auto source) { return parseDockerfile(source); }); }
BENCHMARK(parseText)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMicrosecond)->Complexity();

void parseAndType(benchmark::State& state) { measure(state, [](auto source) { return readDockerfile(source); }); }
BENCHMARK(parseAndType)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMicrosecond)->Complexity();

/// The worst that a pattern of half the value's length can ask for.
void trimByPattern(benchmark::State& state) {
  std::string value(size_t(state.range(0)), 'a'), text;
  for (int64_t i = 0; i < state.range(0) / 4; ++i) text += "a?";
  auto pattern = ShellPattern::parse(text + "b");
  if (!pattern) return state.SkipWithError(messageOf(pattern.takeError()).c_str());
  for (auto _ : state) benchmark::DoNotOptimize(pattern->withoutSuffix(value, /*longest=*/true));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(trimByPattern)->RangeMultiplier(8)->Range(1 << 10, 64 << 10)->Unit(benchmark::kMicrosecond)->Complexity();
}  // namespace
}  // namespace strata::builder
