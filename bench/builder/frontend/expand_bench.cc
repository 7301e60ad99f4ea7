/// One word of an instruction: without anything to expand, with variables and quotes, with operators, and long.
#include "builder/frontend/expand.h"

#include "bench/must.h"

#include <benchmark/benchmark.h>

namespace strata::builder {
namespace {

void expand(benchmark::State& state, const std::string& word) {
  std::string value = "1.24.3";
  auto lookup = [&](llvm::StringRef name) -> std::optional<llvm::StringRef> {
    if (name == "UNSET") return std::nullopt;
    return value;
  };
  for (auto _ : state) benchmark::DoNotOptimize(must(expandWord(word, lookup)));
  state.SetBytesProcessed(int64_t(state.iterations()) * int64_t(word.size()));
}

std::string manyVariables() {
  std::string word;
  for (int i = 0; i < 1000; ++i) word += "/part-${VERSION}";
  return word;
}

BENCHMARK_CAPTURE(expand, plain, std::string("/usr/local/share/app/config.json"))->Unit(benchmark::kNanosecond);
BENCHMARK_CAPTURE(expand, variables, std::string("/opt/\"app-$VERSION\"/$NAME/lib"))->Unit(benchmark::kNanosecond);
BENCHMARK_CAPTURE(expand, operators, std::string("${UNSET:-${VERSION%.*}}/${VERSION/./_}"))
    ->Unit(benchmark::kNanosecond);
BENCHMARK_CAPTURE(expand, thousandVariables, manyVariables())->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace strata::builder
