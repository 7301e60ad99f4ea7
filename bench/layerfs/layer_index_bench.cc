/// What a layer's index costs a file: making it while the tar passes, walking it, looking a path up. Flat from a
/// thousand files to half a million.
#include "layerfs/erofs_reader.h"
#include "layerfs/erofs_writer.h"
#include "support/fault.h"
#include "support/files.h"

#include "bench/must.h"

#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <malloc.h>
#include <cstdlib>
#include <map>

namespace strata::layerfs {
namespace {

std::string nameOf(int64_t file) {
  return "usr/lib/d" + std::to_string(file / 100) + "/file-" + std::to_string(file) + ".js";
}

/// A tar of `files` files of 100 bytes, a hundred to a directory, and its index; gone with the program.
struct TarLayer {
  explicit TarLayer(int64_t files) {
    UniqueFd file = must(openFile(tar(), O_RDWR | O_CREAT));
    FdSink sink(file.get());
    LayerTarWriter writer(sink);
    std::string bytes(100, 'c');
    for (int64_t i = 0; i < files; ++i) {
      StringSource content(bytes);
      must(writer.add({.path = nameOf(i), .kind = EntryKind::File, .mode = 0644, .size = bytes.size()}, &content));
    }
    must(writer.finish());
    tarSize = uint64_t(::lseek(file.get(), 0, SEEK_CUR));
    LayerIndex tree;
    scan(tree);
    StringSink image;
    must(writeErofs(tree, -1, tarSize, image));
    must(writeFileAtomically(index(), image.text));
    indexSize = image.text.size();
  }
  std::string tar() const { return directory.path() + "/tar"; }
  std::string index() const { return directory.path() + "/index"; }
  void scan(LayerIndex& tree) const {
    UniqueFd file = must(openFile(tar(), O_RDONLY));
    FdSource source(file.get());
    must(scanLayerTar(source, [&](const LayerEntry& entry, const TarPlace& place) { return tree.add(entry, place); }));
  }

  TempDir directory = must(TempDir::make("/var/tmp", "strata-bench-"));
  uint64_t tarSize = 0, indexSize = 0;
};

const TarLayer& layerOf(int64_t files) {
  static std::map<int64_t, TarLayer> layers;
  return layers.try_emplace(files, files).first->second;
}

void perFile(benchmark::State& state) {
  state.counters["file"] = benchmark::Counter(
      double(state.range(0)), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void indexLayer(benchmark::State& state) {
  const TarLayer& layer = layerOf(state.range(0));
  size_t memory = 0;
  for (auto _ : state) {
    size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
    LayerIndex tree;
    layer.scan(tree);
    memory = ::mallinfo2().uordblks + ::mallinfo2().hblkhd - before;
    HashingSink sink;
    must(writeErofs(tree, -1, layer.tarSize, sink));
    benchmark::DoNotOptimize(sink.size());
  }
  perFile(state);
  state.counters["memory/file"] = double(memory) / double(state.range(0));
  state.counters["index/file"] = double(layer.indexSize) / double(state.range(0));
}
BENCHMARK(indexLayer)->Arg(1000)->Arg(10'000)->Arg(100'000)->Arg(500'000)->Unit(benchmark::kMillisecond);

void walkIndex(benchmark::State& state) {
  const TarLayer& layer = layerOf(state.range(0));
  for (auto _ : state) {
    auto reader = must(ErofsReader::open(layer.index(), layer.tar()));
    must(reader.walk([](const LayerEntry&, ByteSource&) { return llvm::Error::success(); }));
  }
  perFile(state);
}
BENCHMARK(walkIndex)->Arg(1000)->Arg(10'000)->Arg(100'000)->Arg(500'000)->Unit(benchmark::kMillisecond);

void findInIndex(benchmark::State& state) {
  const TarLayer& layer = layerOf(state.range(0));
  auto reader = must(ErofsReader::open(layer.index(), layer.tar()));
  int64_t file = 0;
  for (auto _ : state) {
    auto found = must(reader.find(nameOf(file)));
    if (!found) std::abort();
    file = (file + 7919) % state.range(0);
  }
}
BENCHMARK(findInIndex)->Arg(1000)->Arg(10'000)->Arg(100'000)->Arg(500'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace strata::layerfs
