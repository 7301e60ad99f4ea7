/// What the scheduler costs a vertex whose record is found, which is all that a no-op build does, in plans of 100 to
/// 10,000. What a thread adds for those that are executed: worker_pool_bench.cc.
#include "builder/solve/solver.h"

#include "bench/must.h"
#include "builder/plan/make_plan.h"
#include "support/files.h"

#include <benchmark/benchmark.h>

#include <fcntl.h>

namespace strata::builder {
namespace {

/// Says of every key that a layer without files is what it gave, as long as it is asked.
class OneAnswer : public CacheExchange {
public:
  explicit OneAnswer(layerfs::LayerId layer) : layer_(layer) {}
  bool imports() const override { return true; }
  bool isReady() override { return true; }
  std::optional<CacheRecord> find(const Digest& key) override { return CacheRecord{.key = key, .layer = layer_}; }
  std::optional<CacheRecord> findByAlias(const Digest& alias) override { return find(alias); }
  void onResult(Result) override {}
  void onBase(const std::vector<std::shared_ptr<layerfs::Layer>>&) override {}
  void bringOutline(const layerfs::DiffId&) override {}
  bool restoreMount(const std::string&, const std::string&) override { return false; }
  void onMountUsed(const std::string&, const std::string&) override {}

private:
  layerfs::LayerId layer_;
};

/// A store, a context of one file, and a plan of stages of ten steps each, all of which the last stage needs.
struct Scene {
  Scene(int64_t vertices, llvm::StringRef step)
      : directory(must(TempDir::make("/var/tmp", "strata-bench-"))),
        store(must(layerfs::Store::open({.root = directory.path() + "/store"}))),
        records(must(RecordStore::open(store->database()))),
        outputs(must(OutputStore::open(store->database()))),
        trees(must(TreeStore::open(store->database()))),
        source(std::make_shared<SourceText>("Dockerfile", dockerfileOf(vertices, step))),
        plan(must(makePlan(must(readDockerfile(source)), {},
                           [](llvm::StringRef, const layerfs::Platform&) -> llvm::Expected<ResolvedImage> {
                             return fault(FaultKind::NotFound, "there are no images");
                           }))) {
    std::string files = directory.path() + "/context";
    must(makeDirectories(files));
    must(writeFileAtomically(files + "/file", "content"));
    root = must(openFile(files, O_RDONLY | O_DIRECTORY));
    context = std::make_unique<SourceTree>(SourceTree::Options{.rootFd = root.get(), .shownRoot = "context"});
    StringSink tar;
    layerfs::LayerTarWriter writer(tar);
    must(writer.finish());
    StringSource bytes(tar.text);
    empty = must(store->layers().addTar(bytes))->id();
  }

  static std::string dockerfileOf(int64_t vertices, llvm::StringRef step) {
    std::string text, last = "FROM scratch\n";
    for (int64_t stage = 0; stage * 10 < vertices; ++stage) {
      std::string name = "s" + std::to_string(stage);
      text += "FROM scratch AS " + name + "\n";
      for (int64_t i = 0; i < 9; ++i) text += (step + " /" + name + "/" + std::to_string(i) + "\n").str();
      last += "COPY --from=" + name + " /made /" + name + "\n";
    }
    return text + last;
  }

  SolveResult solve(CacheExchange* exchange) {
    SilentProgress silent;
    CancelToken never;
    Solver solver(plan, *source, *store, *records, *outputs, *trees, {context.get(), nullptr, nullptr}, silent, never,
                  {.exchange = exchange});
    return solver.run();
  }

  TempDir directory;
  UniqueFd root;
  std::unique_ptr<layerfs::Store> store;
  std::unique_ptr<RecordStore> records;
  std::unique_ptr<OutputStore> outputs;
  std::unique_ptr<TreeStore> trees;
  std::shared_ptr<SourceText> source;
  Plan plan;
  std::unique_ptr<SourceTree> context;
  layerfs::LayerId empty;
};

void eachVertex(benchmark::State& state, const Plan& plan) {
  state.counters["vertices"] = double(plan.vertices.size());
  state.counters["vertex"] = benchmark::Counter(
      double(plan.vertices.size()), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// With look-up in the store's records.
void solveCached(benchmark::State& state) {
  Scene scene(state.range(0), "RUN make part");
  OneAnswer always(scene.empty);
  must(scene.store->database().transact([&]() -> llvm::Error {
    for (const BuildStep& step : scene.solve(&always).steps) {
      if (auto error = scene.records->put({.key = step.key, .layer = scene.empty})) return error;
      if (auto error = scene.records->putAlias(step.key, step.key)) return error;
    }
    return llvm::Error::success();
  }));
  for (auto _ : state) {
    SolveResult result = scene.solve(nullptr);
    if (result.failure) return state.SkipWithError(result.failure->c_str());
  }
  eachVertex(state, scene.plan);
}
BENCHMARK(solveCached)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Copies of one file of the context, which is looked at once, with records that somebody else has.
void solveCachedCopies(benchmark::State& state) {
  Scene scene(state.range(0), "COPY file");
  OneAnswer always(scene.empty);
  for (auto _ : state) {
    SolveResult result = scene.solve(&always);
    if (result.failure) return state.SkipWithError(result.failure->c_str());
  }
  eachVertex(state, scene.plan);
}
BENCHMARK(solveCachedCopies)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace strata::builder
