// What a RUN step costs beside its command: the sandbox around /bin/true, and the seccomp filter.

#include "layerfs/snapshot.h"
#include "runtime/sandbox/sandbox.h"
#include "runtime/spec/seccomp.h"
#include "support/fault.h"
#include "support/files.h"

#include <benchmark/benchmark.h>

#include <filesystem>

namespace {
using namespace strata;

llvm::Error runTrue(benchmark::State& state) {
  auto directory = TempDir::make("/var/tmp", "strata-bench-");
  if (!directory) return directory.takeError();
  std::string staging = directory->path() + "/staging", draftPath = directory->path() + "/draft";
  std::filesystem::create_directories(staging);
  std::filesystem::create_directories(draftPath);
  auto snapshotter = layerfs::openSnapshotter("", staging);
  if (!snapshotter) return snapshotter.takeError();
  auto draftDirectory = TempDir::make(draftPath);
  if (!draftDirectory) return draftDirectory.takeError();
  layerfs::LayerDraft draft(std::move(*draftDirectory));
  std::filesystem::create_directories(draft.upper() + "/bin");
  std::filesystem::create_directories(draft.work());
  std::filesystem::copy_file("/bin/busybox", draft.upper() + "/bin/true");
  auto snapshot = (*snapshotter)->mount({{}, &draft, true});
  if (!snapshot) return snapshot.takeError();

  runtime::ContainerSpec spec;
  spec.argv = {"/bin/true"};
  spec.hostname = "bench";
  spec.network = state.range(0) ? runtime::NetworkMode::None : runtime::NetworkMode::Host;
  CancelToken cancel;
  for (auto _ : state) {
    auto status = runtime::runSandboxed(
        spec, **snapshot, [](llvm::StringRef, bool) {}, cancel);
    if (!status) return status.takeError();
  }
  return llvm::Error::success();
}
void sandboxOfTrue(benchmark::State& state) {
  if (auto error = runTrue(state)) state.SkipWithError(messageOf(std::move(error)).c_str());
}
BENCHMARK(sandboxOfTrue)->ArgName("ownNetwork")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

void seccompFilterOfNewCapabilities(benchmark::State& state) {
  std::vector<std::string> names;  // each set is compiled once a process: a name that is no capability makes it new
  names.reserve(size_t(state.max_iterations));
  for (auto _ : state) {
    names.push_back("X" + std::to_string(names.size()));
    std::vector<llvm::StringRef> set(runtime::defaultCapabilities());
    set.push_back(names.back());
    benchmark::DoNotOptimize(runtime::seccompFilter(set));
  }
}
BENCHMARK(seccompFilterOfNewCapabilities)->Iterations(200)->Unit(benchmark::kMicrosecond);
}  // namespace
