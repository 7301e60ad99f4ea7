/// What it takes to see a stack of layers as one tree, every layer a tar that is mounted anew; and to let go of it.
#include "layerfs/store.h"

#include "bench/must.h"

#include <benchmark/benchmark.h>

#include <chrono>

namespace strata::layerfs {
namespace {

/// A store with layers of 100 files each; gone with the program.
struct Stacks {
  Stacks() : store(must(Store::open({.root = directory.path() + "/root"}))) {}

  std::vector<LayerId> layers(int64_t count) {
    while (int64_t(ids.size()) < count) {
      StringSink tar;
      LayerTarWriter writer(tar);
      for (int i = 0; i < 100; ++i) {
        std::string text = std::to_string(ids.size());
        StringSource content(text);
        std::string path = "layer-" + text + "/f" + std::to_string(i);
        must(writer.add({.path = path, .mode = 0644, .size = text.size()}, &content));
      }
      must(writer.finish());
      StringSource source(tar.text);
      ids.push_back(must(store->layers().addTar(source))->id());
    }
    return {ids.begin(), ids.begin() + count};
  }

  TempDir directory = must(TempDir::make("/var/tmp", "strata-bench-"));
  std::unique_ptr<Store> store;
  std::vector<LayerId> ids;
};

void mountTars(benchmark::State& state) {
  if (::geteuid() != 0) return state.SkipWithError("mounting needs root");
  static Stacks stacks;
  std::vector<LayerId> ids = stacks.layers(state.range(0));
  Snapshotter* snapshotter = must(stacks.store->snapshotter());
  using Clock = std::chrono::steady_clock;
  std::chrono::duration<double, std::milli> unmounting(0);
  for (auto _ : state) {
    std::vector<std::shared_ptr<Layer>> layers;
    for (LayerId id : ids) layers.push_back(must(stacks.store->layers().load(id)));
    auto snapshot = must(snapshotter->mount({.layers = std::move(layers)}));
    benchmark::DoNotOptimize(snapshot->rootFd());
    state.PauseTiming();
    auto mounted = Clock::now();
    snapshot.reset();
    unmounting += Clock::now() - mounted;
    state.ResumeTiming();
  }
  state.counters["unmount_ms"] = benchmark::Counter(unmounting.count(), benchmark::Counter::kAvgIterations);
  state.SetLabel(nameOf(must(stacks.store->layers().tarForm())).str());
}
BENCHMARK(mountTars)
    ->Arg(1)
    ->Arg(10)
    ->Arg(40)
    ->Arg(127)
    ->ArgName("layers")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace strata::layerfs
