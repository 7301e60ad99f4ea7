#include "builder/frontend/ast.h"
#include "builder/solve/solver.h"
#include "registry/remote_layers.h"
#include "runtime/spec/container_spec.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <chrono>

namespace strata::builder {

using Outcome = BuildStep::Outcome;

llvm::Error Solver::execute(const Vertex& vertex, Work& work) {
  if (auto error = cancel_.check()) return error;
  reportStart(vertex);
  if (const auto* op = vertex.as<ContextFilesOp>()) return chooseContextFiles(*op, work);
  if (const auto* op = vertex.as<RemoteOp>()) return resolveRemote(vertex, *op, work);
  if (const auto* op = vertex.as<RunOp>()) return run(vertex, *op, work);
  if (const auto* op = vertex.as<CopyOp>()) return copy(vertex, *op, work);
  return makeDirectory(vertex, *vertex.as<MkdirOp>(), work);
}

/// Remote layers come several at a time, before they are mounted one after the other.
llvm::Expected<std::unique_ptr<layerfs::Snapshot>> Solver::mount(const layerfs::SnapshotSpec& spec) {
  auto snapshotter = store_.snapshotter();
  if (!snapshotter) return snapshotter.takeError();
  if (auto error = registry::bringLayers(spec.layers)) return error;
  return (*snapshotter)->mount(spec);
}

/// The tree for questions of where paths lead and what stands there; files may seem empty in it. Of layers that are
/// elsewhere the outlines will do.
llvm::Expected<std::unique_ptr<layerfs::Snapshot>> Solver::mountForNames(
    const std::vector<std::shared_ptr<layerfs::Layer>>& layers) {
  for (const std::shared_ptr<layerfs::Layer>& layer : layers) {
    if (layer->form() != layerfs::LayerForm::Remote) continue;
    auto carried = store_.outlines().bringCarried(*layer);
    if (!carried) return carried.takeError();
    if (*carried || !options_.exchange) continue;
    auto identity = layer->tarIdentity();
    if (!identity) return identity.takeError();
    auto isThere = store_.outlines().contains(identity->diffId);
    if (!isThere) return isThere.takeError();
    if (!*isThere) options_.exchange->bringOutline(identity->diffId);
  }
  auto standIns = store_.outlines().standIns(layers);
  if (!standIns) return standIns.takeError();
  return mount({.layers = std::move(*standIns), .namesOnly = true});
}

llvm::Error Solver::chooseContextFiles(const ContextFilesOp& op, Work& work) {
  auto tree = contextTree(op.context);
  if (!tree) return tree.takeError();
  auto canDefer = canReadWithLayer(**tree, work);
  if (!canDefer) return canDefer.takeError();
  SelectOptions options{.excludes = op.excludes, .parents = op.parents, .mayDefer = *canDefer};
  auto selection = (*tree)->select(op.sources, options, trees_, cancel_);
  if (!selection) {
    // The COPY that asked is the one to point at.
    auto error = selection.takeError();
    FaultKind kind = kindOf(error);
    std::string message = messageOf(std::move(error));
    VertexId self = VertexId(&work - work_.data());
    for (VertexId user : dependents_[self])
      return fault(kind, messageOf(sourceFault(source_, plan_.vertices[user].range, message)));
    return fault(kind, message);
  }
  progress_.onProgress({.step = VertexId(&work - work_.data()),
                        .done = selection->bytes,
                        .total = selection->bytes,
                        .detail = shownFiles(selection->files)});
  VertexResult result;
  result.selection = std::move(*selection);
  work.result = std::move(result);
  work.step.outcome = Outcome::Executed;
  return llvm::Error::success();
}

int64_t Solver::timeForNewDirectories() const { return plan_.sourceDateEpoch.value_or(0) * 1'000'000'000; }

namespace {
/// An owner that no /etc/passwd has to be read for.
bool isNumeric(llvm::StringRef owner) {
  return llvm::all_of(owner, [](char c) { return llvm::isDigit(c) || c == ':'; });
}

ParentTree treeOf(const layerfs::Snapshot* snapshot) {
  return snapshot ? ParentTree{snapshot->rootFd(), snapshot->owners()} : ParentTree{};
}

/// What a name means in this tree is told of the step: it may mean something else in the next one.
llvm::Error setOwner(llvm::StringRef written, int root, CopyRequest& request, BuildStep& step) {
  auto owner = runtime::resolveOwner(written, root);
  if (!owner) return owner.takeError();
  request.uid = owner->uid;
  request.gid = owner->gid;
  if (isNumeric(written)) return llvm::Error::success();
  step.components.push_back({.kind = KeyComponent::Kind::Destination,
                             .name = ("owner " + written).str(),
                             .value = (llvm::Twine(owner->uid) + ":" + llvm::Twine(owner->gid)).str()});
  return llvm::Error::success();
}
}  // namespace

llvm::Error Solver::copy(const Vertex& vertex, const CopyOp& op, Work& work) {
  auto inContext = [&](llvm::Error error) {
    FaultKind kind = kindOf(error);
    if (kind == FaultKind::Cancelled) return error;
    return fault(kind, messageOf(sourceFault(source_, vertex.range, messageOf(std::move(error)))));
  };
  CopyRequest request;
  request.unpackArchives = op.unpack || op.unpackRemote;
  request.inlineFiles = op.inlineFiles;
  request.destination = op.destination;
  request.destinationIsDirectory = op.destinationIsDirectory;
  request.createdTime = timeForNewDirectories();
  if (!op.chmod.empty()) {
    auto mode = ModeChange::parse(op.chmod);
    if (!mode) return inContext(mode.takeError());
    request.chmod = std::move(*mode);
  }

  auto opened = openSources(op);
  if (!opened) return inContext(opened.takeError());
  request.fromTree = !op.sources.empty();
  request.selection = opened->selection;
  work.tree = request.selection.tree;
  if (op.from) sayFiles(work.step, work.tree);  // also where the step fails

  std::unique_ptr<layerfs::Snapshot> parent;
  if (!op.link && !parentOf(vertex).layers.empty()) {
    const auto& layers = parentOf(vertex).layers;
    auto snapshot = isNumeric(op.chown) ? mountForNames(layers) : mount({.layers = layers});
    if (!snapshot) return snapshot.takeError();
    parent = std::move(*snapshot);
  }
  ParentTree below = treeOf(parent.get());
  if (!op.chown.empty())
    if (auto error = setOwner(op.chown, below.root, request, work.step)) return inContext(std::move(error));
  if (auto error = placeFiles(vertex, std::move(request), below, work)) return inContext(std::move(error));
  return llvm::Error::success();
}

llvm::Error Solver::makeDirectory(const Vertex& vertex, const MkdirOp& op, Work& work) {
  const auto& layers = parentOf(vertex).layers;
  auto parent = isNumeric(op.user) ? mountForNames(layers) : mount({.layers = layers});
  if (!parent) return parent.takeError();
  CopyRequest request;
  request.destination = op.path;
  request.destinationIsDirectory = true;
  request.createdTime = timeForNewDirectories();
  if (!op.user.empty())
    if (auto error = setOwner(op.user, (*parent)->rootFd(), request, work.step)) return error;
  if (auto error = placeFiles(vertex, std::move(request), treeOf(parent->get()), work))
    return fault(FaultKind::Invalid, messageOf(sourceFault(source_, vertex.range, messageOf(std::move(error)))));
  return llvm::Error::success();
}

}  // namespace strata::builder
