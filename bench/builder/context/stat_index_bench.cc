/// The index of a context's files, twenty to a directory: written whole, and asked for every file after it was opened.
#include "builder/context/stat_index.h"

#include "bench/must.h"
#include "support/files.h"

#include <benchmark/benchmark.h>

namespace strata::builder {
namespace {

StatIndex::Contents contentsOf(int64_t files) {
  StatIndex::Contents contents;
  Digest content = digestOf("content");
  for (int64_t i = 0; i < files; ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "file%08ld.js", long(i));  // sorted
    contents["src/d" + std::to_string(i / 400) + "/e" + std::to_string(i / 20)].push_back(
        {name, {.size = 100, .mtime = i, .ctime = i, .inode = uint64_t(i), .mode = 0100644}, content, {}});
  }
  return contents;
}

void eachFile(benchmark::State& state) {
  state.counters["file"] = benchmark::Counter(
      double(state.range(0)), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void writeStatIndex(benchmark::State& state) {
  TempDir directory = must(TempDir::make("/var/tmp", "strata-bench-"));
  auto contents = contentsOf(state.range(0));
  for (auto _ : state) must(StatIndex::write(directory.path() + "/index", contents, {Digest()}));
  eachFile(state);
}
BENCHMARK(writeStatIndex)->Arg(1000)->Arg(50'000)->Arg(500'000)->Unit(benchmark::kMillisecond)->UseRealTime();

void askStatIndex(benchmark::State& state) {
  TempDir directory = must(TempDir::make("/var/tmp", "strata-bench-"));
  auto contents = contentsOf(state.range(0));
  must(StatIndex::write(directory.path() + "/index", contents, {Digest()}));
  for (auto _ : state) {
    StatIndex index = StatIndex::load(directory.path() + "/index");
    for (const auto& [path, files] : contents) {
      auto known = index.directory(path);
      size_t at = 0;
      for (const IndexedFile& file : files) {
        at = known.find(file.name, at);
        if (at == known.size() || !(known.stamp(at) == file.stamp))
          return state.SkipWithError("a file that was written is not in the index");
        benchmark::DoNotOptimize(known.content(at));
      }
    }
  }
  eachFile(state);
}
BENCHMARK(askStatIndex)->Arg(1000)->Arg(50'000)->Arg(500'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace strata::builder
