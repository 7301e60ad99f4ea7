/// \file What a context costs a build in which nothing changed (walk and look up, read nothing), and the first time
/// (walk and read). Files of 100 bytes, 20 a directory.

#include "builder/context/source_tree.h"
#include "builder/context/stat_index.h"
#include "support/files.h"

#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <map>

namespace strata::builder {
namespace {

template <typename T>
T take(llvm::Expected<T> value) {
  if (!value) std::abort();
  return std::move(*value);
}
void take(llvm::Error error) {
  if (error) std::abort();
}

/// A context with so many files, an index that knows them, and a store of trees. Made once a size.
struct Context {
  explicit Context(int64_t files) : directory(take(TempDir::make("/var/tmp", "strata-bench-"))) {
    for (int64_t i = 0; i < files; ++i) {
      std::string folder = directory.path() + "/context/d" + std::to_string(i / 400) + "/e" + std::to_string(i / 20);
      if (i % 20 == 0) take(makeDirectories(folder));
      take(writeFileAtomically(folder + "/file" + std::to_string(i) + ".js", std::string(100, char('a' + i % 26))));
    }
    database = take(Database::open(directory.path() + "/db"));
    trees = take(TreeStore::open(*database));
    ::usleep(50'000);  // no file is racy any more
    auto tree = open(true);
    CancelToken cancel;
    take(tree->select({std::string(".")}, {}, *trees, cancel));
    take(tree->saveIndex());
  }
  std::unique_ptr<SourceTree> open(bool indexed, llvm::StringRef ignore = "") {
    root = take(openFile(directory.path() + "/context", O_RDONLY | O_DIRECTORY));
    SourceTree::Options options{.rootFd = root.get(), .shownRoot = "context", .squashOwner = true};
    options.ignore = take(IgnoreMatcher::parse(ignore));
    if (indexed) options.statIndexPath = directory.path() + "/index";
    return std::make_unique<SourceTree>(std::move(options));
  }

  TempDir directory;
  UniqueFd root;
  std::unique_ptr<Database> database;
  std::unique_ptr<TreeStore> trees;
};

Context& contextOf(int64_t files) {
  static std::map<int64_t, std::unique_ptr<Context>> all;
  auto& context = all[files];
  if (!context) context = std::make_unique<Context>(files);
  return *context;
}

std::string fiftyPatterns() {
  std::string text;
  for (int i = 0; i < 25; ++i) text += "**/*.tmp" + std::to_string(i) + "\nfolder" + std::to_string(i) + "\n";
  return text;
}

void selectAll(benchmark::State& state, bool indexed, llvm::StringRef ignore) {
  Context& context = contextOf(state.range(0));
  CancelToken cancel;
  for (auto _ : state) {
    auto tree = context.open(indexed, ignore);
    benchmark::DoNotOptimize(take(tree->select({std::string(".")}, {}, *context.trees, cancel)).tree);
  }
  state.SetItemsProcessed(int64_t(state.iterations()) * state.range(0));
}

void unchangedContext(benchmark::State& state) { selectAll(state, true, ""); }
void unchangedContextWithFiftyPatterns(benchmark::State& state) { selectAll(state, true, fiftyPatterns()); }
void contextReadAnew(benchmark::State& state) { selectAll(state, false, ""); }

BENCHMARK(unchangedContext)
    ->Arg(50)
    ->Arg(1000)
    ->Arg(10'000)
    ->Arg(50'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(unchangedContextWithFiftyPatterns)->Arg(50'000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(contextReadAnew)->Arg(50)->Arg(1000)->Arg(50'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace strata::builder
