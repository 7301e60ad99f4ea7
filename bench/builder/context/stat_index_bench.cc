/// The index of a context's files, twenty to a directory: written whole, and asked for every file after it was opened.
#include "builder/context/stat_index.h"

#include "bench/must.h"
#include "support/files.h"

#include <benchmark/benchmark.h>

#include <map>

namespace strata::builder {
namespace {

struct Contents {
  std::vector<std::string> names;  ///< sorted
  std::map<std::string, std::vector<IndexedFile>> files;

  explicit Contents(int64_t count) {
    Digest content = digestOf("content");
    for (int64_t i = 0; i < count; ++i) {
      char name[32];
      std::snprintf(name, sizeof name, "file%08ld.js", long(i));
      names.push_back(name);
    }
    for (int64_t i = 0; i < count; ++i)
      files["src/d" + std::to_string(i / 400) + "/e" + std::to_string(i / 20)].push_back(
          {names[size_t(i)],
           {.size = 100, .mtime = i, .ctime = i, .inode = uint64_t(i), .mode = 0100644},
           content,
           {}});
  }
  void write(const std::string& path) const {
    StatIndexWriter writer({Digest()}, names.size());
    for (const auto& [directory, list] : files) writer.add(directory, list);
    must(writer.write(path));
  }
};

void eachFile(benchmark::State& state) {
  state.counters["file"] = benchmark::Counter(
      double(state.range(0)), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void writeStatIndex(benchmark::State& state) {
  TempDir directory = must(TempDir::make("/var/tmp", "strata-bench-"));
  Contents contents(state.range(0));
  for (auto _ : state) contents.write(directory.path() + "/index");
  eachFile(state);
}
BENCHMARK(writeStatIndex)->Arg(1000)->Arg(50'000)->Arg(500'000)->Unit(benchmark::kMillisecond)->UseRealTime();

void askStatIndex(benchmark::State& state) {
  TempDir directory = must(TempDir::make("/var/tmp", "strata-bench-"));
  Contents contents(state.range(0));
  contents.write(directory.path() + "/index");
  for (auto _ : state) {
    StatIndex index = StatIndex::load(directory.path() + "/index");
    for (const auto& [path, files] : contents.files) {
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
