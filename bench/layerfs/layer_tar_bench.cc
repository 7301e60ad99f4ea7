/// Layers in numbers: hashing a directory's tar, reading and unpacking it, walking, and mounting stacks of layers.
#include "layerfs/layer_tar.h"

#include "layerfs/overlay_mount.h"
#include "layerfs/snapshot.h"
#include "support/fault.h"

#include "bench/must.h"

#include <benchmark/benchmark.h>

#include <sys/stat.h>
#include <cstdlib>

namespace strata::layerfs {
namespace {

TempDir makeTempDir() { return must(TempDir::make("/var/tmp", "strata-bench-")); }

/// `files` files of `size` bytes, a hundred to a directory.
TempDir makeTree(int64_t files, int64_t size) {
  TempDir directory = makeTempDir();
  std::string content(size_t(size), 'c');
  for (int64_t i = 0; i < files; ++i) {
    std::string above = directory.path() + "/d" + std::to_string(i / 100);
    if (i % 100 == 0) must(makeDirectories(above));
    must(writeFileAtomically(above + "/file" + std::to_string(i), content));
  }
  return directory;
}

void writeTar(const std::string& directory, ByteSink& sink) {
  LayerTarWriter writer(sink);
  must(walkLayerDirectory(directory, [&](const LayerEntry& entry, ByteSource& content) {
    return writer.add(entry, entry.kind == EntryKind::File ? &content : nullptr);
  }));
  must(writer.finish());
}

void hashDirectory(benchmark::State& state) {
  TempDir tree = makeTree(state.range(0), state.range(1));
  for (auto _ : state) {
    HashingSink sink;
    writeTar(tree.path(), sink);
    benchmark::DoNotOptimize(sink.finish());
  }
  state.SetBytesProcessed(int64_t(state.iterations()) * state.range(0) * state.range(1));
  state.SetItemsProcessed(int64_t(state.iterations()) * state.range(0));
}
BENCHMARK(hashDirectory)->Args({5000, 1000})->Args({4, 64 << 20})->Unit(benchmark::kMillisecond);

/// The writer alone, of files that are in memory.
void formatTar(benchmark::State& state) {
  std::string bytes(size_t(state.range(1)), 'c');
  for (auto _ : state) {
    StringSink tar;
    LayerTarWriter writer(tar);
    for (int64_t i = 0; i < state.range(0); ++i) {
      StringSource content(bytes);
      std::string path = "usr/lib/d" + std::to_string(i / 100) + "/file-" + std::to_string(i) + ".js";
      must(writer.add({.path = path, .kind = EntryKind::File, .mode = 0644, .size = bytes.size()}, &content));
    }
    must(writer.finish());
    benchmark::DoNotOptimize(tar.text.data());
  }
  state.SetItemsProcessed(int64_t(state.iterations()) * state.range(0));
  state.SetBytesProcessed(int64_t(state.iterations()) * state.range(0) * state.range(1));
}
BENCHMARK(formatTar)->Args({5000, 1000})->Args({4, 16 << 20})->Unit(benchmark::kMillisecond);

void walkDirectory(benchmark::State& state) {
  TempDir tree = makeTree(state.range(0), 1000);
  for (auto _ : state)
    must(walkLayerDirectory(tree.path(), [](const LayerEntry&, ByteSource&) { return llvm::Error::success(); }));
  state.SetItemsProcessed(int64_t(state.iterations()) * state.range(0));
}
BENCHMARK(walkDirectory)->Arg(5000)->Unit(benchmark::kMillisecond);

void readTar(benchmark::State& state) {
  TempDir tree = makeTree(state.range(0), state.range(1));
  StringSink tar;
  writeTar(tree.path(), tar);
  for (auto _ : state) {
    StringSource source(tar.text);
    must(readLayerTar(source, [](const LayerEntry&, ByteSource&) { return llvm::Error::success(); }));
  }
  state.SetItemsProcessed(int64_t(state.iterations()) * state.range(0));
  state.SetBytesProcessed(int64_t(state.iterations()) * int64_t(tar.text.size()));
}
BENCHMARK(readTar)->Args({5000, 1000})->Args({4, 16 << 20})->Unit(benchmark::kMillisecond);

void unpackTar(benchmark::State& state) {
  TempDir tree = makeTree(state.range(0), 1000);
  StringSink tar;
  writeTar(tree.path(), tar);
  for (auto _ : state) {
    TempDir target = makeTempDir();
    StringSource source(tar.text);
    must(unpackLayerTar(source, target.path()));
    state.PauseTiming();
    { TempDir gone = std::move(target); }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(int64_t(state.iterations()) * state.range(0));
}
BENCHMARK(unpackTar)->Arg(5000)->Unit(benchmark::kMillisecond);

void mountStack(benchmark::State& state) {
  TempDir directory = makeTempDir();
  OverlayMount overlay;
  for (int64_t i = 0; i < state.range(0); ++i) {
    overlay.lowers.push_back({.path = directory.path() + "/layers/" + std::to_string(i) + "/fs"});
    must(makeDirectories(overlay.lowers.back().path));
  }
  overlay.upper = directory.path() + "/upper";
  overlay.work = directory.path() + "/work";
  must(makeDirectories(overlay.upper));
  for (auto _ : state) {
    must(makeDirectories(overlay.work));
    auto mounted = mountOverlay(overlay);
    if (!mounted) {
      state.SkipWithError(messageOf(mounted.takeError()).c_str());
      break;
    }
    mounted->reset();
    state.PauseTiming();
    must(removeTree(overlay.work));
    state.ResumeTiming();
  }
}
BENCHMARK(mountStack)->Arg(1)->Arg(40)->Arg(127)->Unit(benchmark::kMicrosecond);

void probeForTheBestSnapshotter(benchmark::State& state) {
  TempDir staging = makeTempDir();
  for (auto _ : state) must(openSnapshotter("", staging.path()));
}
BENCHMARK(probeForTheBestSnapshotter)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace strata::layerfs
