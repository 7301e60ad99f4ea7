// RUN: its key, as far as that depends on what mounts show, and its process.

#include "builder/frontend/ast.h"
#include "builder/solve/read_tracer.h"
#include "builder/solve/run_mounts.h"
#include "builder/solve/solver.h"
#include "layerfs/empty_layer.h"
#include "runtime/sandbox/sandbox.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/emulation.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

using Kind = KeyComponent::Kind;

namespace {
runtime::ContainerSpec specOf(const RunOp& op, const RunSettings& settings) {
  runtime::ContainerSpec spec;
  spec.argv = op.argv;
  for (const auto& [name, variable] : variablesOf(op.env.get()))
    spec.env.push_back((name + "=" + variable->value).str());
  for (llvm::StringRef proxy : op.given->proxies)
    setVariable(spec.env, proxy.split('=').first, proxy.split('=').second);
  spec.workingDir = op.workdir;
  spec.hostname = op.given->hostname;
  spec.privileged = op.insecure;
  spec.network = op.network == "none" ? runtime::NetworkMode::None : runtime::NetworkMode::Host;
  spec.extraHosts = op.given->extraHosts;
  spec.ulimits = settings.ulimits;
  spec.shmSize = settings.shmSize;
  spec.limits = settings.limits;
  return spec;
}

std::string exitMessage(const RunOp& op, const runtime::ExitStatus& status) {
  return "process \"" + printable(llvm::join(op.argv, " ")) +
         "\" did not complete successfully: exit code: " + std::to_string(status.code);
}
}  // namespace

std::vector<MountSource> Solver::mountSources(const RunOp& op) const {
  std::vector<MountSource> sources;
  for (const PlannedMount& mount : op.mounts) {
    MountSource& source = sources.emplace_back();
    source.state = scratch_.state;
    if (!mount.files) continue;
    const VertexResult& result = *work_[*mount.files].result;
    source.layers = result.layers;
    source.state = result.state;
    const auto* copy = plan_.vertices[*mount.files].as<CopyOp>();
    bool fromContext = mount.flag.from.empty() && copy && copy->contextFiles;
    if (fromContext) source.selected = &work_[*copy->contextFiles].result->selection;
  }
  return sources;
}

/// The layers that a bind's files are in, those of images left out: what `why --diff` reads.
void Solver::addLayersBehind(const PlannedMount& mount, BuildStep& step) const {
  for (std::optional<VertexId> id = mount.files; id; id = plan_.vertices[*id].parent)
    if (int64_t layer = work_[*id].step.layer; layer && !llvm::is_contained(step.mountLayers, layer))
      step.mountLayers.push_back(layer);
}

/// What binds show is one tree, which the step finds out or its record knows; what a cache begins with is told by the
/// state of its source.
void Solver::addMountComponents(const RunOp& op, Work& work) const {
  KeyComponent files{.kind = Kind::Files};
  for (const PlannedMount& mount : op.mounts) {
    std::optional<uint32_t> step = mount.files ? plan_.vertices[*mount.files].step : std::nullopt;
    if (showsFiles(mount)) {
      files.name += (files.name.empty() ? "mount " : " ") + mount.flag.target;
      if (!files.step) files.step = step;
      if (files.where.empty()) files.where = mount.shownSource;
      addLayersBehind(mount, work.step);
    } else if (mount.flag.kind == MountKind::Cache && mount.files) {
      work.step.components.push_back({.kind = Kind::Mount,
                                      .name = nameOfMount(mount) + " from " + mount.flag.from,
                                      .value = work_[*mount.files].result->state.hex(),
                                      .step = step});
    }
  }
  if (!files.name.empty()) work.step.components.push_back(std::move(files));
}

llvm::Error Solver::run(const Vertex& vertex, const RunOp& op, Work& work) {
  auto inContext = [&](llvm::Error error) {
    FaultKind kind = kindOf(error);
    if (kind == FaultKind::Cancelled) return error;
    return fault(kind, messageOf(sourceFault(source_, vertex.range, messageOf(std::move(error)))));
  };
  RunMounts mounts(op, mountSources(op),
                   {store_, trees_, caches_, agents_, options_.secrets, cancel_, options_.exchange});
  if (llvm::any_of(op.mounts, showsFiles)) {
    auto content = mounts.content();
    if (!content) return inContext(content.takeError());
    work.tree = *content;
    work.key = work.step.key = besideIdle(vertex, keyOfContent(work));
    sayFiles(work.step, work.tree);  // also where the step fails
    auto taken = takeByKey(vertex, work);
    if (!taken) return taken.takeError();
    if (*taken) return llvm::Error::success();
  }
  if (auto error = execute(vertex, op, mounts, work)) return inContext(std::move(error));
  return llvm::Error::success();
}

llvm::Error Solver::execute(const Vertex& vertex, const RunOp& op, RunMounts& mounts, Work& work) {
  int64_t began = nowNanoseconds();
  runtime::ContainerSpec spec = specOf(op, options_.run);
  if (auto error = runtime::prepareEmulation(op.given->platform, spec)) return error;
  auto root = rootOn(parentOf(vertex).layers);
  if (!root) return root.takeError();
  layerfs::Snapshot& snapshot = *root->snapshot;

  auto identity = runtime::resolveIdentity(op.user, snapshot.rootFd());
  if (!identity) return identity.takeError();
  spec.identity = *identity;
  if (auto error = mounts.addTo(spec)) return error;
  std::optional<TempDir> scripts;
  if (!op.scriptName.empty()) {
    auto directory = TempDir::make(store_.staging(), "script-");
    if (!directory) return directory.takeError();
    scripts = std::move(*directory);
    std::string path = joinPath(scripts->path(), "script");
    if (auto error = writeFileAtomically(path, op.script, 0755)) return error;
    spec.mounts.push_back({.source = path, .target = "/dev/pipes/" + op.scriptName, .readOnly = true});
  }
  auto output = [&](llvm::StringRef bytes, bool isError) {
    progress_.onOutput({.step = vertex.id, .isError = isError, .text = bytes.str()});
  };
  auto trace = options_.reads ? options_.reads->begin(parentOf(vertex).layers) : nullptr;
  auto status = runtime::runSandboxed(spec, snapshot, output, cancel_, trace.get());
  if (!status) return status.takeError();
  if (status->code != 0) return fault(FaultKind::Invalid, exitMessage(op, *status));
  auto opened = options_.reads ? options_.reads->end(trace.get()) : std::nullopt;
  if (auto error = snapshot.collectChanges()) return error;
  if (auto error = keepChanges(vertex, std::move(*root), work, began)) return error;
  if (opened) keepReads(vertex, work, std::move(*opened));
  return llvm::Error::success();
}

llvm::Expected<RunRoot> Solver::rootOn(const RunRoots::Layers& layers) {
  if (auto kept = roots_.take(layers)) return std::move(*kept);
  auto draft = store_.layers().makeDraft();
  if (!draft) return draft.takeError();
  auto snapshot = mount({.layers = layers, .draft = &*draft, .withMountPoints = true});
  if (!snapshot) return snapshot.takeError();
  return RunRoot{std::move(*draft), std::move(*snapshot)};
}

llvm::Error Solver::keepChanges(const Vertex& vertex, RunRoot root, Work& work, int64_t began) {
  auto nothing = layerfs::holdsNothing(root.draft.upper());
  if (!nothing) return nothing.takeError();
  auto layer = *nothing ? store_.layers().emptyLayer() : nullptr;
  if (!layer) return layer.takeError();
  if (*layer) {
    if (auto error = keepResult(vertex, work, std::move(*layer), began)) return error;
    bool mayChangeMounts = vertex.as<RunOp>()->insecure;  // to read-only, for one
    if (root.snapshot->isDetachedMount() && !mayChangeMounts) roots_.keep(work.result->layers, std::move(root));
    return llvm::Error::success();
  }
  root.snapshot.reset();  // the layer is only whole once nothing can write to it
  layer = store_.layers().publish(root.draft);
  workers_.background([left = std::make_shared<layerfs::LayerDraft>(std::move(root.draft))] {});
  if (!layer) return layer.takeError();
  return keepResult(vertex, work, std::move(*layer), began);
}

/// Beside the steps that follow. What a step's own layers are is told by those that its parent has not.
void Solver::keepReads(const Vertex& vertex, const Work& work, runtime::OpenedPaths opened) {
  std::vector<SourceStep> below;
  for (std::optional<VertexId> id = vertex.parent; id; id = plan_.vertices[*id].parent) {
    const Vertex& source = plan_.vertices[*id];
    llvm::ArrayRef<std::shared_ptr<layerfs::Layer>> layers = work_[*id].result->layers;
    ReadSource step{.key = work_[*id].key,
                    .instruction = source.instruction,
                    .stage = source.stage,
                    .name = source.name,
                    .firstLine = source.range.firstLine()};
    below.push_back({std::move(step), layers.drop_front(parentOf(source).layers.size()).vec()});
  }
  std::reverse(below.begin(), below.end());
  workers_.background([reads = options_.reads, key = work.key, below = std::move(below), opened = std::move(opened)] {
    reads->keep(key, below, opened);
  });
}

}  // namespace strata::builder
