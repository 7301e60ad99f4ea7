/// Compressing and inflating beside what bounds them: ISA-L and zstd bare, on one thread, over the same bytes in memory;
/// and beside the programs gzip, igzip, pigz and zstd, from a file to nothing. The bytes: $STRATA_BENCH_INPUT (a layer's
/// tar), else the first 64 MiB of what lies in /usr/bin.
#include "layerfs/compression.h"

#include "layerfs/decompression.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"

#include "bench/must.h"

#include <benchmark/benchmark.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>

namespace strata::layerfs {
namespace {

constexpr size_t kMost = 64 << 20;

std::string readInput() {
  std::string bytes;
  auto add = [&](const std::string& path) {
    auto file = must(openFile(path, O_RDONLY));
    FdSource source(file.get());
    std::vector<char> buffer(kCopyBuffer);
    while (bytes.size() < kMost)
      if (size_t got = must(source.read(buffer.data(), buffer.size())))
        bytes.append(buffer.data(), got);
      else
        break;
  };
  if (const char* named = std::getenv("STRATA_BENCH_INPUT")) {
    add(named);
  } else {
    std::set<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/bin"))
      if (entry.is_regular_file() && !entry.is_symlink()) paths.insert(entry.path());
    for (const std::string& path : paths) add(path);
  }
  bytes.resize(std::min(bytes.size(), kMost));
  return bytes;
}

const std::string& input() {
  static const std::string bytes = readInput();
  return bytes;
}

std::string packed(CompressionChoice choice, unsigned threads = 0) {
  StringSink sink;
  auto compressor = makeCompressor(choice, sink, threads);
  must(compressor->write(input()));
  must(compressor->finish());
  return std::move(sink.text);
}

void report(benchmark::State& state, size_t compressed) {
  state.SetBytesProcessed(int64_t(state.iterations()) * int64_t(input().size()));
  state.counters["part"] = double(compressed) / double(input().size());
}

// --- Compressing ---

/// kind, level, threads; with the digest of what comes out, as a layer needs it.
void compress(benchmark::State& state) {
  size_t size = 0;
  for (auto _ : state) {
    HashingSink sink;
    auto compressor =
        makeCompressor({Compression(state.range(0)), int(state.range(1))}, sink, unsigned(state.range(2)));
    must(compressor->write(input()));
    must(compressor->finish());
    size = sink.size();
    benchmark::DoNotOptimize(sink.finish());
  }
  report(state, size);
}
constexpr int kGzip = int(Compression::Gzip), kZstd = int(Compression::Zstd);
BENCHMARK(compress)
    ->ArgNames({"kind", "level", "threads"})
    ->ArgsProduct({{kGzip}, {1, 6}, {1, 2}})
    ->ArgsProduct({{kZstd}, {1, 3}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void bareIsal(benchmark::State& state) {
  std::string output(input().size() + (1 << 20), '\0');
  std::vector<uint8_t> workspace(ISAL_DEF_LVL2_LARGE);
  isal_zstream stream;
  for (auto _ : state) {
    isal_deflate_init(&stream);
    stream.level = uint32_t(state.range(0));
    stream.level_buf = workspace.data();
    stream.level_buf_size = uint32_t(workspace.size());
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(input().data()));
    stream.avail_in = uint32_t(input().size());
    stream.next_out = reinterpret_cast<uint8_t*>(output.data());
    stream.avail_out = uint32_t(output.size());
    if (isal_deflate(&stream) != COMP_OK) std::abort();
  }
  report(state, stream.total_out);
}
BENCHMARK(bareIsal)->ArgName("isal_level")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void bareZstd(benchmark::State& state) {
  std::string output(ZSTD_compressBound(input().size()), '\0');
  size_t size = 0;
  for (auto _ : state)
    size = ZSTD_compress(output.data(), output.size(), input().data(), input().size(), int(state.range(0)));
  report(state, size);
}
BENCHMARK(bareZstd)->ArgName("level")->Arg(1)->Arg(3)->UseRealTime()->Unit(benchmark::kMillisecond);

// --- Inflating ---

/// With the digests of both sides.
void inflate(benchmark::State& state) {
  std::string small = packed({Compression(state.range(0)), {}});
  for (auto _ : state) {
    StringSource blob(small);
    HashingSource stored(blob);
    auto plain = must(decompressed(stored));
    HashingSource tar(*plain);
    must(skipRest(tar));
    benchmark::DoNotOptimize(stored.finish());
    benchmark::DoNotOptimize(tar.finish());
  }
  report(state, small.size());
}
BENCHMARK(inflate)->ArgName("kind")->Arg(kGzip)->Arg(kZstd)->UseRealTime()->Unit(benchmark::kMillisecond);

void inflateAlone(benchmark::State& state) {
  std::string small = packed({Compression(state.range(0)), {}});
  for (auto _ : state) {
    StringSource blob(small);
    auto plain = must(decompressed(blob));
    must(skipRest(*plain));
  }
  report(state, small.size());
}
BENCHMARK(inflateAlone)->ArgName("kind")->Arg(kGzip)->Arg(kZstd)->UseRealTime()->Unit(benchmark::kMillisecond);

void bareIsalInflate(benchmark::State& state) {
  std::string small = packed({Compression::Gzip, {}}), output(input().size() + 1, '\0');
  auto stream = std::make_unique<inflate_state>();
  for (auto _ : state) {
    isal_inflate_init(stream.get());
    stream->crc_flag = ISAL_GZIP;
    stream->next_in = reinterpret_cast<uint8_t*>(small.data());
    stream->avail_in = uint32_t(small.size());
    stream->next_out = reinterpret_cast<uint8_t*>(output.data());
    stream->avail_out = uint32_t(output.size());
    if (isal_inflate(stream.get()) != ISAL_DECOMP_OK) std::abort();
  }
  report(state, small.size());
}
BENCHMARK(bareIsalInflate)->UseRealTime()->Unit(benchmark::kMillisecond);

void bareSha256(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(digestOf(input()));
  report(state, input().size());
}
BENCHMARK(bareSha256)->UseRealTime()->Unit(benchmark::kMillisecond);

// --- Programs ---

void program(benchmark::State& state, const std::string& command, bool inflates) {
  if (!findProgram(llvm::StringRef(command).split(' ').first)) return state.SkipWithError("not installed");
  TempDir directory = must(TempDir::make("/var/tmp", "strata-bench-"));
  Compression kind = llvm::StringRef(command).starts_with("zstd") ? Compression::Zstd : Compression::Gzip;
  std::string path = directory.path() + "/input";
  must(writeFileAtomically(path, inflates ? packed({kind, {}}) : input()));
  ProcessSpec spec{.argv = {"sh", "-c", command + " < " + path + " > /dev/null"}};
  for (auto _ : state)
    if (must(runProcess(spec)).exitCode != 0) return state.SkipWithError("failed");
  state.SetBytesProcessed(int64_t(state.iterations()) * int64_t(input().size()));
}
#define STRATA_PROGRAM_BENCH(name, command, inflates) \
  BENCHMARK_CAPTURE(program, name, command, inflates)->UseRealTime()->Unit(benchmark::kMillisecond)
STRATA_PROGRAM_BENCH(gzip_6, "gzip -6 -c", false);
STRATA_PROGRAM_BENCH(pigz_6, "pigz -6 -c", false);
STRATA_PROGRAM_BENCH(igzip_2, "igzip -2 -c", false);
STRATA_PROGRAM_BENCH(zstd_3, "zstd -q -3 -c", false);
STRATA_PROGRAM_BENCH(zstd_3_2_threads, "zstd -q -3 -T2 -c", false);
STRATA_PROGRAM_BENCH(gunzip, "gzip -dc", true);
STRATA_PROGRAM_BENCH(igunzip, "igzip -dc", true);
STRATA_PROGRAM_BENCH(unzstd, "zstd -q -dc", true);

}  // namespace
}  // namespace strata::layerfs
