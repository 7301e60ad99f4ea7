/// What the database asks of every command: being opened, a statement prepared and run, a row written in a transaction
/// of its own and among a thousand others.
#include "support/database.h"

#include "bench/must.h"
#include "support/files.h"

#include <benchmark/benchmark.h>

namespace strata {
namespace {

struct Rows {
  TempDir directory = must(TempDir::make("/var/tmp", "strata-bench-"));
  std::unique_ptr<Database> database = must(Database::open(path()));
  int64_t last = 0;

  std::string path() const { return directory.path() + "/strata.db"; }
  Rows() { must(database->migrate("bench", {"CREATE TABLE bench(key BLOB PRIMARY KEY, value TEXT) WITHOUT ROWID"})); }
  void insert() {
    auto row = must(database->prepare("INSERT INTO bench VALUES(?, ?)"));
    must(row.bind(digestOf(std::to_string(++last))).bind(llvm::StringRef("a value of thirty characters..")).run());
  }
};

void openDatabase(benchmark::State& state) {
  Rows rows;
  for (auto _ : state) {
    auto database = must(Database::open(rows.path()));
    benchmark::DoNotOptimize(must(database->isEmpty()));
  }
}
BENCHMARK(openDatabase)->Unit(benchmark::kMicrosecond);

void prepareAndFind(benchmark::State& state) {
  Rows rows;
  must(rows.database->transact([&] {
    while (rows.last < state.range(0)) rows.insert();
    return llvm::Error::success();
  }));
  Digest key = digestOf("7");
  for (auto _ : state) {
    auto query = must(rows.database->prepare("SELECT value FROM bench WHERE key = ?"));
    if (!must(query.bind(key).step())) return state.SkipWithError("a row that was written is not found");
    benchmark::DoNotOptimize(query.text(0));
  }
}
BENCHMARK(prepareAndFind)->ArgName("rows")->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

void commitRows(benchmark::State& state) {
  Rows rows;
  for (auto _ : state)
    must(rows.database->transact([&] {
      for (int64_t i = 0; i < state.range(0); ++i) rows.insert();
      return llvm::Error::success();
    }));
  state.SetItemsProcessed(int64_t(state.iterations()) * state.range(0));
}
BENCHMARK(commitRows)->ArgName("rows")->Arg(1)->Arg(1000)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace strata
