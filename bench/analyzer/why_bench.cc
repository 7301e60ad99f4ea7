// What `strata why` does behind its command line, with a journal of 1,000 builds of one project: the build is loaded,
// compared with the earlier ones, and told. The database's pages are in memory, as after any other command.

#include "analyzer/causes/invalidation.h"
#include "bench/must.h"
#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"
#include "support/files.h"

#include <benchmark/benchmark.h>

namespace strata::analyzer {
namespace {

using builder::Build;
using builder::BuildStep;
using builder::KeyComponent;
using Kind = KeyComponent::Kind;

/// A project of `steps` RUN steps with 30 variables each; from `edited` on they missed.
Build makeBuild(unsigned number, unsigned steps, unsigned edited) {
  Build build;
  build.id = builder::Journal::makeId();
  build.context = "/home/ada/app";
  build.dockerfile = "Dockerfile";
  build.started = int64_t(number) * 1'000'000'000;
  for (unsigned i = 0; i < steps; ++i) {
    BuildStep step;
    step.index = i;
    step.stage = "stage-0";
    step.ordinal = i + 1;
    step.instruction = "run";
    step.name = "[" + std::to_string(i + 1) + "] RUN make part-" + std::to_string(i);
    bool hit = i < edited;
    step.outcome = hit ? BuildStep::Outcome::Hit : BuildStep::Outcome::Executed;
    step.miss = hit ? BuildStep::Miss::None : BuildStep::Miss::NoRecord;
    step.components.push_back({.kind = Kind::Instruction, .value = "/bin/sh -c make part-" + std::to_string(i)});
    for (unsigned variable = 0; variable < 30; ++variable)
      step.components.push_back({.kind = Kind::Env,
                                 .name = "VARIABLE_" + std::to_string(variable),
                                 .value = i >= edited ? std::to_string(number) : "a value of usual length",
                                 .where = "Dockerfile:7"});
    if (i > 0) step.components.push_back({.kind = Kind::Parent, .value = std::to_string(number), .step = i - 1});
    build.steps.push_back(std::move(step));
  }
  return build;
}

/// `newSteps`: steps of the last build that none before it had, which are looked for in twenty builds.
void whyAmongThousandBuilds(benchmark::State& state) {
  TempDir dir = must(TempDir::make("/var/tmp", "strata-bench-"));
  auto database = must(Database::open(joinPath(dir.path(), "strata.db")));
  auto journal = must(builder::Journal::open(*database));
  auto trees = must(builder::TreeStore::open(*database));
  unsigned steps = unsigned(state.range(0)), newSteps = unsigned(state.range(1));
  must(database->transact([&]() -> llvm::Error {
    for (unsigned i = 0; i < 1000; ++i)
      if (auto error = journal->write(makeBuild(i, i == 999 ? steps : steps - newSteps, steps / 2))) return error;
    return llvm::Error::success();
  }));
  for (auto _ : state) {
    Build build = must(journal->load("last"));
    auto reasons = must(reasonsFor(build, *journal, *trees));
    for (const StepReason& reason : reasons) benchmark::DoNotOptimize(summaryOf(reason, build));
  }
}
BENCHMARK(whyAmongThousandBuilds)
    ->ArgNames({"steps", "new"})
    ->Args({12, 0})
    ->Args({12, 1})
    ->Args({40, 0})
    ->Args({40, 1})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace strata::analyzer
