#include "builder/cache/record_store.h"

#include "support/fault.h"
#include "support/files.h"

#include <benchmark/benchmark.h>

namespace strata::builder {
namespace {
/// One look-up among many records: what a cached step costs in the database.
void findRecord(benchmark::State& state) {
  auto directory = TempDir::make("/var/tmp", "strata-bench-");
  if (!directory) return state.SkipWithError("no temporary directory");
  auto database = Database::open(directory->path() + "/strata.db");
  if (!database) return state.SkipWithError(messageOf(database.takeError()).c_str());
  auto records = RecordStore::open(**database);
  if (!records) return state.SkipWithError(messageOf(records.takeError()).c_str());
  auto filled = (*database)->transact([&]() -> llvm::Error {
    for (int64_t i = 0; i < state.range(0); ++i)
      if (auto error = (*records)->put({.key = digestOf(std::to_string(i)), .layer = {i}})) return error;
    return llvm::Error::success();
  });
  if (filled) return state.SkipWithError(messageOf(std::move(filled)).c_str());
  Digest key = digestOf("7");
  for (auto _ : state) {
    auto record = (*records)->find(key);
    if (!record) return state.SkipWithError(messageOf(record.takeError()).c_str());
    benchmark::DoNotOptimize(*record);
  }
}
BENCHMARK(findRecord)->Arg(100)->Arg(100'000)->Unit(benchmark::kMicrosecond);
}  // namespace
}  // namespace strata::builder
